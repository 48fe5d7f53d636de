import type { Cause, CircuitState } from '../../../lambdas/contract/circuit/circuit-state.ts';
import type { CircuitFacts } from '../../../lambdas/contract/operations/circuit-operations.ts';
import { printable } from '../../../lambdas/contract/printable.ts';
import { isForced } from '../../../lambdas/core/circuit/circuit.ts';
import { nextMs, shadowInWords, sinceMs } from '../../../lambdas/core/circuit/circuit-words.ts';
import { isoTime } from '../../../lambdas/core/text/iso-time.ts';
import { table } from './text-table.ts';

const SHADOW = '(shadow)';
const RAMP_UP = '(ramp-up)';
const STATE_WIDTH = `half-open ${SHADOW}`.length;
const TIME_WIDTH = '2026-11-24T10:00:00Z'.length;
/** Widths of service, state, since, until and who; why gets the rest. */
const MAX_WIDTHS = [16, STATE_WIDTH, TIME_WIDTH, TIME_WIDTH, 'operator'.length] as const;
/** Widths of when, state and who. */
const MAX_EVENT_WIDTHS = [TIME_WIDTH, STATE_WIDTH, 16] as const;

/**
 * One row for each circuit, and the meaning of the marks beside the states.
 *
 * @param width of the terminal, in columns; undefined: nothing is cut
 */
export function circuitTable(circuits: readonly CircuitFacts[], nowMs: number, width: number | undefined): string {
  const rows = circuits.map((facts) => row(facts, nowMs));
  const hasMark = (mark: string) => rows.some(([, state]) => state?.endsWith(mark));
  return [
    table(['SERVICE', 'STATE', 'SINCE', 'UNTIL', 'WHO', 'WHY'], rows, MAX_WIDTHS, width),
    ...(hasMark(RAMP_UP) ? [`${RAMP_UP}: lets a growing share of the requests pass until then`] : []),
    ...(hasMark(SHADOW) ? [`${SHADOW}: ${shadowInWords(null)}`] : []),
  ].join('\n');
}

function row(facts: CircuitFacts, nowMs: number): readonly string[] {
  const { service, circuit, fault } = facts;
  if (circuit === null) return [printable(service), 'unreadable', '-', '-', '-', printable(fault ?? '')];
  const since = sinceMs(circuit);
  return [
    printable(service),
    [circuit.state, ...markOf(circuit, facts, nowMs)].join(' '),
    since === undefined ? '-' : isoTime(since),
    until(circuit, nowMs),
    who(circuit),
    printable(circuit.reason),
  ];
}

/** Marks a circuit that does not act as its state suggests. */
function markOf(circuit: CircuitState, { shadow }: CircuitFacts, nowMs: number): readonly string[] {
  if (shadow) return isForced(circuit) ? [] : [SHADOW];
  return circuit.state === 'closed' && nextMs(circuit, nowMs) !== undefined ? [RAMP_UP] : [];
}

/** When it changes by itself. A closed circuit waits for failures, a half-open one for its probes. */
function until(circuit: CircuitState, nowMs: number): string {
  const atMs = nextMs(circuit, nowMs);
  if (atMs !== undefined) return isoTime(atMs);
  switch (circuit.state) {
    case 'open':
      return 'the next request';
    case 'forced-open':
    case 'forced-closed':
      return 'no end';
    default:
      return '-';
  }
}

/** One row for each transition. */
export function historyTable(history: readonly CircuitState[], width: number | undefined): string {
  const rows = history.map((circuit) => [
    isoTime(circuit.atMs),
    circuit.state,
    who(circuit),
    printable(circuit.reason),
  ]);
  return table(['WHEN', 'STATE', 'WHO', 'WHY'], rows, MAX_EVENT_WIDTHS, width);
}

/** An operator by name. Alarms and instances by their kind only: their names are long. */
function who({ source, by, reason }: Cause): string {
  if (source === 'time' && reason === '') return '-';
  return source === 'operator' && by !== '' ? printable(by) : source;
}
