import { setTimeout as sleep } from 'node:timers/promises';
import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { DecodeError } from '../../contract/decode.ts';
import { type Now, type Signal, transition } from '../../core/circuit/circuit.ts';
import type { CircuitStore } from './circuit-store.ts';

/** A writer gives up after this many lost races; the winners have moved the circuit. */
export const MOVE_ATTEMPTS = 10;
/** A writer waits at most this, times the attempts it has made, before the next attempt: a random part of it. */
const PAUSE_MS = 20;

type Store = Pick<CircuitStore, 'inspect' | 'replace' | 'overwrite'>;

export interface MoveOptions {
  readonly now: Now;
  readonly timing: CircuitTiming;
  /** The circuit to start from if the item cannot be read. */
  readonly inPlaceOfUnreadable: CircuitState;
}

/** The result of a signal. */
export interface CircuitMove {
  /** The circuit afterwards. */
  readonly circuit: CircuitState;
  /** Whether this signal moved it. */
  readonly moved: boolean;
  /** Why the item could not be read that the circuit replaced; null: it could. */
  readonly fault: string | null;
}

/**
 * Moves a circuit in the table, even if others move it at the same time.
 *
 * @returns undefined: other writers won every race
 * @throws when DynamoDB does not answer
 */
export async function moveCircuit(
  store: Store,
  signal: Signal,
  { now, timing, inPlaceOfUnreadable }: MoveOptions,
): Promise<CircuitMove | undefined> {
  for (let attempt = 1; attempt <= MOVE_ATTEMPTS; attempt += 1) {
    const { circuit, fault } = await store.inspect();
    const next = transition(circuit ?? inPlaceOfUnreadable, signal, now, timing);
    if (next === circuit) return { circuit, moved: false, fault };
    const stored = circuit === null ? await store.overwrite(next) : await replaced(store, circuit, next);
    if (stored !== undefined) return { circuit: stored, moved: true, fault };
    await sleep(PAUSE_MS * attempt * now.random);
  }
  return undefined;
}

/** @returns undefined: another writer was first, perhaps with an item that cannot be read */
async function replaced(store: Store, previous: CircuitState, next: CircuitState): Promise<CircuitState | undefined> {
  try {
    return (await store.replace(previous, next)) === next ? next : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
