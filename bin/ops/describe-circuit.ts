import type { CircuitOperation, CircuitResult } from '../../lambdas/contract/circuit-operations.ts';
import type { CircuitState } from '../../lambdas/contract/circuit-state.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import { causeInWords, circuitInWords, figuresInWords } from '../../lambdas/core/circuit-words.ts';
import { historyTable } from './circuit-table.ts';

/** How a circuit stands; where that was asked for, also why, and what became of it before. */
export function describeCircuit(
  { action }: Pick<CircuitOperation, 'action'>,
  { service, circuit, fault, history, nowMs }: CircuitResult,
): string {
  const name = printable(service);
  const stands = `${name} is ${circuit === null ? unreadable(name, fault) : circuitInWords(circuit, nowMs, `circuit auto ${name}`)}`;
  if (action !== 'get-circuit') return stands;
  return [
    stands,
    ...(circuit === null ? [] : causeLines(circuit)),
    '',
    history.length === 0 ? 'it has no history' : historyTable(history),
  ].join('\n');
}

function unreadable(name: string, fault: string | null): string {
  return `unreadable: ${printable(fault ?? '')}: circuit open, close or auto ${name} repairs it`;
}

/** Who moved it and why, and what was counted then. */
function causeLines(circuit: CircuitState): readonly string[] {
  const figures = figuresInWords(circuit.figures);
  return [
    ...(circuit.version === 0 ? [] : [`  by ${causeInWords(circuit)}`]),
    ...(figures === '' ? [] : [`  ${figures}`]),
  ];
}
