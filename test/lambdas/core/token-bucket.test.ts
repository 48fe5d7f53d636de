import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMIT_BOUNDS } from '../../../lambdas/contract/limit-bounds.ts';
import { TokenBucket } from '../../../lambdas/core/token-bucket.ts';

const { ratePerS } = LIMIT_BOUNDS;
const NOW_MS = Date.UTC(2026, 10, 24);

/** Milliseconds in which `units` come in. */
function fillMs(rate: number, units: number): number {
  return new TokenBucket({ ratePerS: rate, burst: units }).assess(NOW_MS, units).resetMs;
}

describe('a token bucket', () => {
  const rates = fc.oneof(fc.constantFrom(ratePerS.min, 9_999, ratePerS.max), fc.double({ ...ratePerS, noNaN: true }));

  it('of any rate that it may have is never faster than its rate and at most 1 % slower', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 100_000 }), (rate, units) => {
        const exactMs = (units * 1000) / rate;
        expect(fillMs(rate, units)).toBeGreaterThanOrEqual(exactMs * (1 - 1e-9));
        expect(fillMs(rate, units)).toBeLessThanOrEqual(exactMs * 1.01 + 1);
      }),
    );
  });
});
