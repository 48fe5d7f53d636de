import { type CircuitMove, MOVE_ATTEMPTS, moveCircuit } from '../adapters/circuit/move-circuit.ts';
import { type Forced, INITIAL_CIRCUIT } from '../contract/circuit/circuit-state.ts';
import type { Signal } from '../core/circuit/circuit.ts';
import { ConflictError } from './change-rule.ts';
import type { Circuit } from './circuit-access.ts';

export type SignalByHand = Extract<Signal, { readonly type: 'force' | 'release' }>;

/**
 * Moves a circuit for an operator. If two operators move it, the later move holds; the history keeps both.
 *
 * @throws ConflictError, or TableUnavailable
 */
export async function changeCircuit(
  { service, timing, table }: Circuit,
  signal: SignalByHand,
  nowMs: number,
): Promise<CircuitMove> {
  // Operators' moves use no random share.
  const now = { nowMs, random: 0 };
  const change = await moveCircuit(table, signal, { now, timing, inPlaceOfUnreadable: heldClosed(nowMs) });
  if (change !== undefined) return change;
  throw new ConflictError(
    `the circuit of ${service} was moved by others ${MOVE_ATTEMPTS} times in a row: ask for it again`,
  );
}

/** Stands in for an unreadable item, which lets all requests pass until an operator releases the circuit. */
function heldClosed(nowMs: number): Forced {
  return { ...INITIAL_CIRCUIT, state: 'forced-closed', sinceMs: nowMs, untilMs: 0 };
}
