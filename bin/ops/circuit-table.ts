import type { CircuitFacts } from '../../lambdas/contract/circuit-operations.ts';
import type { Cause, CircuitState } from '../../lambdas/contract/circuit-state.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import { nextMs, sinceMs } from '../../lambdas/core/circuit-words.ts';
import { isoTime } from '../../lambdas/core/iso-time.ts';
import { table } from './table.ts';

const STATE_WIDTH = 'forced-closed'.length;
const TIME_WIDTH = '2026-11-24T10:00:00Z'.length;
/** Of service, state, since, until and who; why has what they leave. */
const MAX_WIDTHS = [18, STATE_WIDTH, TIME_WIDTH, TIME_WIDTH, 'operator'.length] as const;
/** Of when, state and who. */
const MAX_EVENT_WIDTHS = [TIME_WIDTH, STATE_WIDTH, 16] as const;

/** A row a circuit, in 100 columns; `circuit show` has all of one. */
export function circuitTable(circuits: readonly CircuitFacts[], nowMs: number): string {
  const rows = circuits.map(({ service, circuit, fault }) =>
    circuit === null
      ? [printable(service), 'unreadable', '-', '-', '-', printable(fault ?? '')]
      : [
          printable(service),
          circuit.state,
          isoOr('-', sinceMs(circuit)),
          isoOr('-', nextMs(circuit, nowMs)),
          who(circuit),
          printable(circuit.reason),
        ],
  );
  return table(['SERVICE', 'STATE', 'SINCE', 'UNTIL', 'WHO', 'WHY'], rows, MAX_WIDTHS);
}

/** A row a transition, in 100 columns. */
export function historyTable(history: readonly CircuitState[]): string {
  const rows = history.map((circuit) => [
    isoTime(circuit.atMs),
    circuit.state,
    who(circuit),
    printable(circuit.reason),
  ]);
  return table(['WHEN', 'STATE', 'WHO', 'WHY'], rows, MAX_EVENT_WIDTHS);
}

/** An operator by name. Alarms and environments have long ones, of which there is one kind a service. */
function who({ source, by, reason }: Cause): string {
  if (source === 'time' && reason === '') return '-';
  return source === 'operator' && by !== '' ? printable(by) : source;
}

function isoOr(other: string, ms: number | undefined): string {
  return ms === undefined ? other : isoTime(ms);
}
