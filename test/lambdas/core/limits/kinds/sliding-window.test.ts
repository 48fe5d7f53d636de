import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowLimit } from '../../../../../lambdas/contract/limits/limit-policy.ts';
import type { Assessment } from '../../../../../lambdas/core/limits/kinds/limit-kind.ts';
import { SlidingWindow } from '../../../../../lambdas/core/limits/kinds/sliding-window.ts';
import { mostWithin } from '../../../../support/circuit/admissions.ts';
import { limitTraffic } from '../../../../support/limits/limit-traffic.ts';
import { WindowOracle } from '../../../../support/limits/window-oracle.ts';
import { exactWindow, slicedWindow } from '../../../../support/limits/window-traffic.ts';

const ONE_WINDOW = { maxLimits: 1, change: null, wholeMs: true };

/** Charges the request where it passes. */
function decide(window: SlidingWindow, nowMs: number, cost = 1): Assessment {
  const assessment = window.assess(nowMs, cost);
  if (assessment.allowed) window.charge(nowMs, cost);
  return assessment;
}

describe('a sliding window', () => {
  it.each([
    ['exact, also with clocks that step back', { limits: exactWindow, back: true }],
    ['sliced, with clocks that go forward', { limits: slicedWindow, back: false }],
  ])('decides as the list of all admitted requests would: %s', (_, options) => {
    fc.assert(
      fc.property(limitTraffic({ ...ONE_WINDOW, ...options }), ({ policies: [drawn], arrivals }) => {
        const policy = drawn as WindowLimit;
        const [window, oracle] = [new SlidingWindow(policy), new WindowOracle()];
        for (const { nowUs, cost } of arrivals) {
          const expected = oracle.assess(nowUs, cost, policy);
          expect(decide(window, nowUs / 1000, cost)).toEqual(expected);
          if (expected.allowed) oracle.charge(nowUs, cost, policy);
          else oracle.refuse(nowUs, policy);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['exact', exactWindow],
    ['sliced', slicedWindow],
  ])('never admits more than the limit in any interval of its length: %s', (_, limits) => {
    fc.assert(
      fc.property(limitTraffic({ ...ONE_WINDOW, limits, back: false }), ({ policies: [drawn], arrivals }) => {
        const policy = drawn as WindowLimit;
        const window = new SlidingWindow(policy);
        const admitted = arrivals
          .filter(({ nowUs, cost }) => decide(window, nowUs / 1000, cost).allowed)
          .map(({ nowUs, cost }) => ({ atUs: nowUs, units: cost }));
        // Anywhere within its millisecond.
        expect(mostWithin((policy.windowMs + 1) * 1000 - 1, admitted)).toBeLessThanOrEqual(policy.limit);
      }),
      { numRuns: 200 },
    );
  });

  it('admits exactly the limit a window under overload: a client that keeps knocking is let in again', () => {
    const window = new SlidingWindow({ limit: 10, windowMs: 999 });
    const perWindow = Array.from({ length: 5 }, (_, index) => {
      const decisions = Array.from({ length: 100 }, (__, request) => decide(window, index * 1000 + request * 10));
      return decisions.filter(({ allowed }) => allowed).length;
    });
    expect(perWindow).toEqual([10, 10, 10, 10, 10]);
  });

  it('lets a refused client in when its reset has passed and not a millisecond before', () => {
    const window = new SlidingWindow({ limit: 2, windowMs: 1000 });
    decide(window, 0);
    decide(window, 400);
    expect(decide(window, 500)).toEqual({ allowed: false, remaining: 0, resetMs: 501 });
    expect(decide(window, 1000)).toMatchObject({ allowed: false, resetMs: 1 });
    expect(decide(window, 1001)).toEqual({ allowed: true, remaining: 0, resetMs: 400 });
  });

  it('tells a request of several units when so many will have left', () => {
    const window = new SlidingWindow({ limit: 5, windowMs: 1000 });
    for (const nowMs of [0, 100, 200, 300]) decide(window, nowMs);
    expect(decide(window, 400, 4)).toEqual({ allowed: false, remaining: 1, resetMs: 801 });
    expect(decide(window, 1200, 4)).toMatchObject({ allowed: false, resetMs: 1 });
    expect(decide(window, 1201, 4)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('changes nothing for a request that it would let pass and that is not charged', () => {
    const window = new SlidingWindow({ limit: 2, windowMs: 1000 });
    decide(window, 5000);
    for (const nowMs of [9000, 100, 5500]) window.assess(nowMs, 1);
    expect(window.assess(5500, 1)).toEqual({ allowed: true, remaining: 0, resetMs: 501 });
  });

  it('counts as if no time had passed when its clock has stepped back, and goes on from there', () => {
    const window = new SlidingWindow({ limit: 1, windowMs: 1000 });
    decide(window, 1_000_000);
    expect(decide(window, 10)).toMatchObject({ allowed: false, resetMs: 1001 });
    expect(decide(window, 510)).toMatchObject({ allowed: false, resetMs: 501 });
    expect(decide(window, 1011)).toMatchObject({ allowed: true });
  });
});
