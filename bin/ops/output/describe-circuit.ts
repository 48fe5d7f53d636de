import type { CircuitState } from '../../../lambdas/contract/circuit/circuit-state.ts';
import type { CircuitOperation, CircuitResult } from '../../../lambdas/contract/operations/circuit-operations.ts';
import { printable } from '../../../lambdas/contract/printable.ts';
import { causeInWords, figuresInWords, seenInWords } from '../../../lambdas/core/circuit/cause-words.ts';
import { circuitInWords, outageMs, shadowInWords } from '../../../lambdas/core/circuit/circuit-words.ts';
import { isoTime } from '../../../lambdas/core/text/iso-time.ts';
import { historyTable } from './print-circuits.ts';

/**
 * The state of a circuit; for `circuit show` also its cause and its history.
 *
 * @param width of the terminal, in columns; undefined: nothing is cut
 */
export function describeCircuit(
  { action }: Pick<CircuitOperation, 'action'>,
  { service, circuit, fault, shadow, history, nowMs }: CircuitResult,
  width: number | undefined,
): string {
  const name = printable(service);
  const state = `${name} is ${circuit === null ? unreadable(name, fault) : circuitInWords(circuit, nowMs, `circuit auto ${name}`)}`;
  const isShown = action === 'get-circuit';
  const details = [
    ...(isShown && circuit !== null ? causeLines(circuit) : []),
    ...(shadow ? [shadowInWords(circuit)] : []),
  ];
  return [
    state,
    ...details.map((line) => `  ${line}`),
    ...(isShown ? ['', history.length === 0 ? 'it has no history' : historyTable(history, width)] : []),
  ].join('\n');
}

function unreadable(name: string, fault: string | null): string {
  return `unreadable: ${printable(fault ?? '')}: circuit open, close or auto ${name} repairs it`;
}

/** Who changed it and why, the counts at that time, and when the outage began. */
function causeLines(circuit: CircuitState): readonly string[] {
  if (circuit.version === 0) return [];
  const beganMs = outageMs(circuit);
  const lines = [
    `by ${causeInWords(circuit)}`,
    figuresInWords(circuit.figures),
    seenInWords(circuit),
    beganMs === undefined ? '' : `outage since ${isoTime(beganMs)}`,
  ];
  return lines.filter((line) => line !== '');
}
