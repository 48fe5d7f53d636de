import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState, Closed } from '../../contract/circuit/circuit-state.ts';
import { type Now, settle } from './circuit.ts';
import { hasPlace } from './circuit-places.ts';

/** What a circuit does with one request. */
export type CircuitAction = 'pass' | 'probe' | 'reject';

/** Share of the requests that pass when a circuit begins to ramp up. */
const FIRST_SHARE = 0.1;

export function actionFor(stored: CircuitState, { nowMs, random }: Now, timing: CircuitTiming): CircuitAction {
  const circuit = settle(stored, nowMs);
  switch (circuit.state) {
    case 'closed':
      return random < shareAt(circuit, nowMs, timing) ? 'pass' : 'reject';
    case 'open':
    case 'half-open':
      return hasPlace(circuit, nowMs, timing) ? 'probe' : 'reject';
    case 'forced-open':
      return 'reject';
    case 'forced-closed':
      return 'pass';
  }
}

/** Share of the requests that pass while the circuit ramps up; grows evenly from a tenth to all. */
function shareAt({ rampUntilMs }: Closed, nowMs: number, { rampUpMs }: CircuitTiming): number {
  const leftMs = rampUntilMs - nowMs;
  // A ramp longer than the policy allows comes from an instance whose clock is ahead of this one.
  if (leftMs <= 0 || leftMs > rampUpMs) return 1;
  return Math.max(FIRST_SHARE, 1 - leftMs / rampUpMs);
}

/** Whole seconds, at least 1, after which a rejected client may ask again (`Retry-After`, RFC 9110 §10.2.3). */
export function retryAfterS(stored: CircuitState, nowMs: number): number {
  const circuit = settle(stored, nowMs);
  const atMs = circuit.state === 'open' ? circuit.retryAtMs : circuit.state === 'forced-open' ? circuit.untilMs : nowMs;
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000));
}
