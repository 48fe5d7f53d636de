import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMIT_BOUNDS } from '../../../../../lambdas/contract/limits/limit-bounds.ts';
import type { BucketLimit } from '../../../../../lambdas/contract/limits/limit-policy.ts';
import { TokenBucket } from '../../../../../lambdas/core/limits/kinds/bucket.ts';
import type { Assessment } from '../../../../../lambdas/core/limits/kinds/limit-kind.ts';
import { BucketOracle } from '../../../../support/limits/bucket-oracle.ts';
import { bucket, limitTraffic } from '../../../../support/limits/limit-traffic.ts';

const NOW_MS = Date.UTC(2026, 10, 24);

/** Charges the request where it passes. */
function decide(tokens: TokenBucket, nowMs: number, cost = 1): Assessment {
  const assessment = tokens.assess(nowMs, cost);
  if (assessment.allowed) tokens.charge(nowMs, cost);
  return assessment;
}

describe('a token bucket', () => {
  it('decides as arithmetic that does not round would, also with clocks that step back', () => {
    fc.assert(
      fc.property(
        limitTraffic({ limits: bucket, maxLimits: 1, change: null, wholeMs: true }),
        ({ policies: [drawn], arrivals }) => {
          const policy = drawn as BucketLimit;
          const [tokens, oracle] = [new TokenBucket(policy), new BucketOracle()];
          for (const { nowUs, cost } of arrivals) {
            const expected = oracle.assess(nowUs, cost, policy);
            expect(decide(tokens, nowUs / 1000, cost)).toEqual(expected);
            if (expected.allowed) oracle.charge(nowUs, cost, policy);
            else oracle.refuse(nowUs, policy);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is full at first, lets its burst pass at once and then one at a time', () => {
    const tokens = new TokenBucket({ burst: 3, ratePerS: 10 });
    const atOnce = Array.from({ length: 4 }, () => decide(tokens, 1000));
    expect(atOnce.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(atOnce[3]?.resetMs).toBe(100);
    expect(decide(tokens, 1099)).toMatchObject({ allowed: false, resetMs: 1 });
    expect(decide(tokens, 1100)).toEqual({ allowed: true, remaining: 0, resetMs: 300 });
  });

  it('never lets pass what costs more than its burst', () => {
    const tokens = new TokenBucket({ burst: 3, ratePerS: 10 });
    expect(tokens.assess(1_000_000, 4)).toMatchObject({ allowed: false, remaining: 3 });
  });

  it('is never faster than a rate that microseconds do not divide', () => {
    const tokens = new TokenBucket({ burst: 1, ratePerS: 3 });
    decide(tokens, 0);
    expect(decide(tokens, 333)).toMatchObject({ allowed: false, resetMs: 1 });
    expect(decide(tokens, 334)).toMatchObject({ allowed: true });
  });

  it('is empty, and no emptier, when its clock has stepped back by a year', () => {
    const tokens = new TokenBucket({ burst: 2, ratePerS: 1 });
    decide(tokens, 31_536_000_000, 2);
    expect(decide(tokens, 0)).toMatchObject({ allowed: false, resetMs: 1000 });
    expect(decide(tokens, 1000)).toMatchObject({ allowed: true });
  });

  it('of any rate that it may have is never faster than its rate and at most 1 % slower', () => {
    const { min, max } = LIMIT_BOUNDS.ratePerS;
    const rates = fc.oneof(fc.constantFrom(min, 9999, max), fc.double({ min, max, noNaN: true }));
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 100_000 }), (ratePerS, units) => {
        const { resetMs } = new TokenBucket({ ratePerS, burst: units }).assess(NOW_MS, units);
        const exactMs = (units * 1000) / ratePerS;
        expect(resetMs).toBeGreaterThanOrEqual(exactMs * (1 - 1e-9));
        expect(resetMs).toBeLessThanOrEqual(exactMs * 1.01 + 1);
      }),
    );
  });
});
