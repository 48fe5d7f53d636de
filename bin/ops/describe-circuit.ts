import type { CircuitOperation, CircuitResult } from '../../lambdas/contract/circuit-operations.ts';
import type { CircuitState } from '../../lambdas/contract/circuit-state.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import { circuitInWords } from '../../lambdas/core/circuit-words.ts';
import { historyTable } from './circuit-table.ts';

/** How a circuit stands; where that was asked for, also why, and what became of it before. */
export function describeCircuit(
  { action }: Pick<CircuitOperation, 'action'>,
  { service, circuit, fault, history, nowMs }: CircuitResult,
): string {
  const stands = `${printable(service)} is ${circuit === null ? unreadable(service, fault) : circuitInWords(circuit, nowMs)}`;
  if (action !== 'get-circuit') return stands;
  return [
    stands,
    ...(circuit === null ? [] : causeLines(circuit)),
    '',
    history.length === 0 ? 'it has no history' : historyTable(history),
  ].join('\n');
}

function unreadable(service: string, fault: string | null): string {
  return `unreadable: ${printable(fault ?? '')}: circuit open, close or auto ${printable(service)} repairs it`;
}

/** Who moved it and why, and what was counted then. */
function causeLines({ source, by, reason, figures }: CircuitState): readonly string[] {
  const who = by === '' ? source : `${source} ${by}`;
  const counted = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`);
  return [
    ...(by === '' && reason === '' ? [] : [`  by ${reason === '' ? who : `${who}: ${reason}`}`]),
    ...(counted.length === 0 ? [] : [`  ${counted.join(', ')}`]),
  ].map(printable);
}
