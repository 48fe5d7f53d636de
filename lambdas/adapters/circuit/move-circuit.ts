import { setTimeout as sleep } from 'node:timers/promises';
import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { DecodeError } from '../../contract/decode.ts';
import { type Now, type Signal, transition } from '../../core/circuit/circuit.ts';
import type { CircuitStore } from './circuit-store.ts';

/** Writers that get ahead of this one before it gives up; each of them has moved the circuit. */
export const MOVE_ATTEMPTS = 10;
/** Before each further attempt a writer waits as many times this as it has made, or less: by its own random number. */
const PAUSE_MS = 20;

type Store = Pick<CircuitStore, 'inspect' | 'replace' | 'overwrite'>;

export interface MoveOptions {
  readonly now: Now;
  readonly timing: CircuitTiming;
  /** What an item is taken for that somebody edited into nonsense. */
  readonly ofNonsense: CircuitState;
}

/** What a signal has made of a circuit. */
export interface CircuitMove {
  /** As it stands afterwards. */
  readonly circuit: CircuitState;
  /** Whether this signal made it so. */
  readonly moved: boolean;
  /** What was wrong with the item that it was put in place of; null: that was a circuit. */
  readonly fault: string | null;
}

/**
 * Moves a circuit in the table, whoever else does so at the same time.
 *
 * @returns undefined: others always came first
 * @throws when DynamoDB does not answer
 */
export async function moveCircuit(
  store: Store,
  signal: Signal,
  { now, timing, ofNonsense }: MoveOptions,
): Promise<CircuitMove | undefined> {
  for (let attempt = 1; attempt <= MOVE_ATTEMPTS; attempt += 1) {
    const { circuit, fault } = await store.inspect();
    const next = transition(circuit ?? ofNonsense, signal, now, timing);
    if (next === circuit) return { circuit, moved: false, fault };
    const stored = circuit === null ? await store.overwrite(next) : await replaced(store, circuit, next);
    if (stored !== undefined) return { circuit: stored, moved: true, fault };
    await sleep(PAUSE_MS * attempt * now.random);
  }
  return undefined;
}

/** @returns undefined: another writer was first, be it with nonsense */
async function replaced(store: Store, previous: CircuitState, next: CircuitState): Promise<CircuitState | undefined> {
  try {
    return (await store.replace(previous, next)) === next ? next : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
