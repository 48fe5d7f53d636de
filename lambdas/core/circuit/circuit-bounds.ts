import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState, HalfOpen, Open } from '../../contract/circuit/circuit-state.ts';
import { CLOCKS_DISAGREE_MS } from './circuit.ts';

export interface Seen {
  /** When this instance first read the state, by its own clock. */
  readonly atMs: number;
  /** The state that was known before. */
  readonly known: CircuitState;
  /** How long a probe may take until its holder reports. */
  readonly leaseMs: number;
}

/**
 * Limits the times of a state from the table. Its writer may have had a wrong clock or another policy, or a person may have
 * edited it. The circuit stays open no longer than the policy allows, and probes can close it.
 */
export function bounded(circuit: CircuitState, seen: Seen, timing: CircuitTiming): CircuitState {
  switch (circuit.state) {
    case 'open':
      return boundedOpen(circuit, seen, timing);
    case 'half-open':
      return boundedHalfOpen(circuit, seen, timing);
    default:
      return circuit;
  }
}

function boundedOpen(circuit: Open, { atMs }: Seen, { openForMs, maxOpenForMs }: CircuitTiming): Open {
  const retryAtMs = Math.min(circuit.retryAtMs, atMs + Math.max(openForMs, maxOpenForMs));
  return retryAtMs === circuit.retryAtMs ? circuit : { ...circuit, retryAtMs };
}

/**
 * A lease lasts from when the reader first saw it, because the holder's clock may differ. A lease that ended longer ago
 * than clocks differ is over: its holder is gone.
 */
function boundedHalfOpen(circuit: HalfOpen, { atMs, known, leaseMs }: Seen, { successes }: CircuitTiming): HalfOpen {
  const ends = known.state === 'half-open' ? known.leases : {};
  const endOf = (id: string, untilMs: number) => {
    if (Object.hasOwn(ends, id)) return ends[id];
    return untilMs + CLOCKS_DISAGREE_MS < atMs ? untilMs : atMs + leaseMs;
  };
  const leases = Object.entries(circuit.leases).map(([id, untilMs]) => [id, endOf(id, untilMs)]);
  const succeeded = Math.max(0, Math.min(circuit.succeeded, successes - 1));
  return { ...circuit, leases: Object.fromEntries(leases), succeeded };
}
