import { type CircuitMove, MOVE_ATTEMPTS, moveCircuit } from '../adapters/circuit/move-circuit.ts';
import { type Forced, INITIAL_CIRCUIT } from '../contract/circuit/circuit-state.ts';
import type { Signal } from '../core/circuit/circuit.ts';
import { ConflictError } from './change-rule.ts';
import type { Circuit } from './circuit-outages.ts';

export type SignalByHand = Extract<Signal, { readonly type: 'force' | 'release' }>;

/**
 * Moves a circuit by hand: of two operators the later one's word stands, and the former one's is in the history.
 *
 * @throws ConflictError, or TableUnavailable
 */
export async function changeCircuit(
  { service, timing, table }: Circuit,
  signal: SignalByHand,
  nowMs: number,
): Promise<CircuitMove> {
  // Nothing that is done by hand is left to chance.
  const now = { nowMs, random: 0 };
  const change = await moveCircuit(table, signal, { now, timing, inPlaceOfUnreadable: heldClosed(nowMs) });
  if (change !== undefined) return change;
  throw new ConflictError(
    `the circuit of ${service} was moved by others ${MOVE_ATTEMPTS} times in a row: ask for it again`,
  );
}

/** What nobody can read lets everything pass, and has to be released to move again: so it is taken for this. */
function heldClosed(nowMs: number): Forced {
  return { ...INITIAL_CIRCUIT, state: 'forced-closed', sinceMs: nowMs, untilMs: 0 };
}
