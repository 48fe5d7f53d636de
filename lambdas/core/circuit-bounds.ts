import type { CircuitTiming } from '../contract/circuit-policy.ts';
import type { CircuitState } from '../contract/circuit-state.ts';

/**
 * What is read from the table, kept from doing harm where its writer's clock was far off, its writer had another policy or
 * somebody edited it by hand: nobody is shut out for longer from now on than the policy allows, and probes can close it.
 */
export function bounded(circuit: CircuitState, nowMs: number, timing: CircuitTiming, leaseMs: number): CircuitState {
  if (circuit.state === 'open') {
    const retryAtMs = Math.min(circuit.retryAtMs, nowMs + Math.max(timing.openForMs, timing.maxOpenForMs));
    return retryAtMs === circuit.retryAtMs ? circuit : { ...circuit, retryAtMs };
  }
  if (circuit.state !== 'half-open') return circuit;
  const leases = Object.entries(circuit.leases).map(([id, untilMs]) => [id, Math.min(untilMs, nowMs + leaseMs)]);
  const succeeded = Math.max(0, Math.min(circuit.succeeded, timing.successes - 1));
  return { ...circuit, leases: Object.fromEntries(leases), succeeded };
}
