import CircuitBreaker from 'opossum';
import { OPENS_AT } from '../opens-at.ts';

/** Without a deadline of its own, which neither cockatiel's breakers nor Tollgate's stage have. */
export function makeBreaker(work, { openForMs }) {
  const breaker = new CircuitBreaker(work, {
    timeout: false,
    errorThresholdPercentage: 100 * OPENS_AT.failureShare,
    volumeThreshold: OPENS_AT.minRequests,
    rollingCountTimeout: OPENS_AT.windowMs,
    resetTimeout: openForMs,
  });
  return { call: () => breaker.fire(), isClosed: () => breaker.closed };
}
