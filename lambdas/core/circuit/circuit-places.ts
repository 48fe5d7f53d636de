import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState, HalfOpen, Open } from '../../contract/circuit/circuit-state.ts';

/** Whether one more probe may be sent: at most `probes` at once, and no more than the circuit needs to close. */
export function hasPlace(circuit: Open | HalfOpen, nowMs: number, { probes, successes }: CircuitTiming): boolean {
  if (circuit.state === 'open') return nowMs >= circuit.retryAtMs;
  const underWay = probesUnderWay(circuit, nowMs);
  return underWay < probes && underWay + circuit.succeeded < successes;
}

/** Leases that have not ended, by the probe's id. */
export function liveLeases(circuit: Open | HalfOpen, nowMs: number): Readonly<Record<string, number>> {
  if (circuit.state === 'open') return {};
  return Object.fromEntries(Object.entries(circuit.leases).filter(([, untilMs]) => nowMs < untilMs));
}

/** Number of probes whose leases have not ended. */
export function probesUnderWay(circuit: CircuitState, nowMs: number): number {
  return circuit.state === 'half-open' ? Object.keys(liveLeases(circuit, nowMs)).length : 0;
}
