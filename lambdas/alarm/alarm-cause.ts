import type { Cause, Figures } from '../contract/circuit/circuit-state.ts';
import type { CircuitAlarmKind } from '../contract/circuit/circuits-config.ts';
import type { AlarmChange } from './alarm-event.ts';

/** CloudWatch's text is cut to this length. */
const MAX_REASON_LENGTH = 256;

/** The cause by which an alarm opens a circuit: the alarm's value, or CloudWatch's text if it gives no value. */
export function causeOf(kind: CircuitAlarmKind, change: AlarmChange): Cause {
  const { alarmName: by, value, periodS, percentile, reason } = change;
  if (value === undefined || value <= 0) {
    return { source: 'alarm', by, reason: reason.slice(0, MAX_REASON_LENGTH), figures: {} };
  }
  const { what, figures } = described(kind, value, percentile);
  return { source: 'alarm', by, reason: periodS === undefined ? what : `${what} within ${periodS} s`, figures };
}

/** One alarm watches the share of failures and the latency. A share is at most 1, and a latency bound is always higher. */
function described(
  kind: CircuitAlarmKind,
  value: number,
  percentile: string | undefined,
): { readonly what: string; readonly figures: Figures } {
  if (kind === 'throttles') {
    const throttledPercent = percentOf(value);
    return { what: `${throttledPercent} % of invocations were throttled`, figures: { throttledPercent } };
  }
  if (value > 1) {
    const latencyMs = Math.round(value);
    return { what: `${percentile ?? 'a'} latency of ${latencyMs} ms`, figures: { latencyMs } };
  }
  const failurePercent = percentOf(value);
  return { what: `${failurePercent} % of requests failed`, figures: { failurePercent } };
}

/** To a tenth. */
function percentOf(share: number): number {
  return Math.round(1000 * share) / 10;
}
