import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState, HalfOpen, Open } from '../../contract/circuit/circuit-state.ts';

/** Whether one more probe may be sent: never more at once than there are places, nor more than it takes to close. */
export function hasPlace(circuit: Open | HalfOpen, nowMs: number, { probes, successes }: CircuitTiming): boolean {
  if (circuit.state === 'open') return nowMs >= circuit.retryAtMs;
  const underWay = probesUnderWay(circuit, nowMs);
  return underWay < probes && underWay + circuit.succeeded < successes;
}

/** Those whose holders may still report, by the probe's id. */
export function liveLeases(circuit: Open | HalfOpen, nowMs: number): Readonly<Record<string, number>> {
  if (circuit.state === 'open') return {};
  return Object.fromEntries(Object.entries(circuit.leases).filter(([, untilMs]) => nowMs < untilMs));
}

/** How many probes may still report. */
export function probesUnderWay(circuit: CircuitState, nowMs: number): number {
  return circuit.state === 'half-open' ? Object.keys(liveLeases(circuit, nowMs)).length : 0;
}
