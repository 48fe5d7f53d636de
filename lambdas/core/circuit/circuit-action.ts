import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import type { CircuitState, Closed } from '../../contract/circuit/circuit-state.ts';
import { type Now, settle } from './circuit.ts';
import { hasPlace } from './circuit-places.ts';

/** What a circuit says to one request. */
export type Admission = 'pass' | 'probe' | 'reject';

/** Of the requests, while a circuit begins to ramp up. */
const FIRST_SHARE = 0.1;

/** What the circuit says to a request that comes now. */
export function admit(stored: CircuitState, { nowMs, random }: Now, timing: CircuitTiming): Admission {
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

/** Of the requests that come while the circuit ramps up; grows evenly from a tenth to all. */
function shareAt({ rampUntilMs }: Closed, nowMs: number, { rampUpMs }: CircuitTiming): number {
  const leftMs = rampUntilMs - nowMs;
  // One that ramps up for longer than it may was closed by a clock that is ahead of this one.
  if (leftMs <= 0 || leftMs > rampUpMs) return 1;
  return Math.max(FIRST_SHARE, 1 - leftMs / rampUpMs);
}

/** Whole seconds, at least 1, after which a rejected client may ask again (`Retry-After`, RFC 9110 §10.2.3). */
export function retryAfterS(stored: CircuitState, nowMs: number): number {
  const circuit = settle(stored, nowMs);
  const atMs = circuit.state === 'open' ? circuit.retryAtMs : circuit.state === 'forced-open' ? circuit.untilMs : nowMs;
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000));
}
