import type { CircuitFacts } from '../contract/circuit-operations.ts';
import { type CircuitState, type Forced, INITIAL_CIRCUIT } from '../contract/circuit-state.ts';
import { DecodeError } from '../contract/decode.ts';
import { type Signal, transition } from '../core/circuit.ts';
import { ConflictError } from './change-rule.ts';
import type { Circuit, CircuitTable } from './circuit-table.ts';

/** Writers that get ahead of this one before it gives up; each of them has moved the circuit. */
const ATTEMPTS = 10;

export type SignalByHand = Extract<Signal, { readonly type: 'force' | 'release' }>;

/** What an operator has made of a circuit. */
export interface CircuitChange {
  /** As it stands afterwards. */
  readonly circuit: CircuitState;
  readonly changed: boolean;
  /** What was wrong with the item that it was put in place of; null: that was a circuit. */
  readonly fault: string | null;
}

/**
 * Moves a circuit in the table, whoever else does so at the same time: of two operators the later one's word stands, and
 * the former one's is in the history.
 *
 * @throws ConflictError, or TableUnavailable
 */
export async function changeCircuit(
  { service, timing, table }: Circuit,
  signal: SignalByHand,
  nowMs: number,
): Promise<CircuitChange> {
  // Nothing that is done by hand is left to chance.
  const now = { nowMs, random: 0 };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { circuit, fault } = await readCircuit(() => table.read({ consistent: true }));
    const next = transition(circuit ?? heldClosed(nowMs), signal, now, timing);
    if (next === circuit) return { circuit, changed: false, fault };
    const stored = await store(table, circuit, next, nowMs);
    if (stored !== undefined) return { circuit: stored, changed: true, fault };
  }
  throw new ConflictError(`the circuit of ${service} was moved by others ${ATTEMPTS} times in a row: ask for it again`);
}

/** @returns the circuit with the version that it has now; undefined: another writer was first */
async function store(
  table: CircuitTable,
  previous: CircuitState | null,
  next: CircuitState,
  nowMs: number,
): Promise<CircuitState | undefined> {
  if (previous === null) return table.overwrite(next, nowMs);
  const { circuit } = await readCircuit(() => table.replace(previous, next));
  return circuit === next ? next : undefined;
}

/** Of an item that somebody edited into nonsense its fault: it can be replaced. @throws TableUnavailable */
export async function readCircuit(read: () => Promise<CircuitState>): Promise<Pick<CircuitFacts, 'circuit' | 'fault'>> {
  try {
    return { circuit: await read(), fault: null };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { circuit: null, fault: error.message };
  }
}

/** What nobody can read lets everything pass, and has to be handed back to move again: so it is taken for this. */
function heldClosed(nowMs: number): Forced {
  return { ...INITIAL_CIRCUIT, state: 'forced-closed', sinceMs: nowMs, untilMs: 0 };
}
