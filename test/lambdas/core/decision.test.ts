import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateLimitHeaders, resetS } from '../../../lambdas/core/decision.ts';

const POLICY = { limit: 100, windowMs: 60_000 };

describe('resetS', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1000, 1],
    [1001, 2],
    [59_999, 60],
  ])('of %d ms is %d s', (resetMs, seconds) => {
    expect(resetS({ allowed: false, limit: 1, remaining: 0, resetMs })).toBe(seconds);
  });
});

describe('rateLimitHeaders', () => {
  it('say the decision in both dialects', () => {
    const decision = { allowed: true, limit: 100, remaining: 42, resetMs: 30_500 };
    expect(rateLimitHeaders(decision, POLICY, 1_000_200)).toEqual({
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '42',
      'x-ratelimit-reset': '1032',
      'ratelimit-policy': '"client";q=100;w=60',
      ratelimit: '"client";r=42;t=31',
    });
  });

  it('let in a client that comes back when it was told to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), fc.integer({ min: 0, max: 2 ** 42 }), (resetMs, nowMs) => {
        const headers = rateLimitHeaders({ allowed: false, limit: 100, remaining: 0, resetMs }, POLICY, nowMs);
        expect(Number(headers['x-ratelimit-reset']) * 1000).toBeGreaterThanOrEqual(nowMs + resetMs);
      }),
    );
  });
});
