import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindow } from '../../../lambdas/core/sliding-window.ts';
import { WindowOracle } from '../../support/window-oracle.ts';
import { clockReadings, windowTraffic } from '../../support/window-traffic.ts';

describe('a sliding window', () => {
  it('decides as the list of all admitted times would, at any limit and with a clock that steps back', () => {
    fc.assert(
      fc.property(windowTraffic([1, 2, 3, 7, 100, 1000]), (traffic) => {
        const [window, oracle] = [new SlidingWindow(traffic), new WindowOracle(traffic)];
        for (const nowMs of clockReadings(traffic)) expect(window.decide(nowMs)).toEqual(oracle.decide(nowMs));
      }),
      { numRuns: 40 },
    );
  });

  it('never admits more than the limit in any interval of its length', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 50, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), steps, (limit, stepsMs) => {
        const window = new SlidingWindow({ limit, windowMs: 100 });
        const admittedAtMs: number[] = [];
        let nowMs = 0;
        for (const stepMs of stepsMs) {
          nowMs += stepMs;
          if (window.decide(nowMs).allowed) admittedAtMs.push(nowMs);
        }
        for (const [index, atMs] of admittedAtMs.entries()) {
          const later = admittedAtMs[index + limit];
          if (later !== undefined) expect(later - atMs).toBeGreaterThanOrEqual(100);
        }
      }),
    );
  });

  it('admits exactly the limit a window under overload: a client that keeps knocking is let in again', () => {
    const window = new SlidingWindow({ limit: 10, windowMs: 1000 });
    const perWindow = Array.from({ length: 5 }, (_, index) => {
      const decisions = Array.from({ length: 100 }, (__, request) => window.decide(index * 1000 + request * 10));
      return decisions.filter(({ allowed }) => allowed).length;
    });
    expect(perWindow).toEqual([10, 10, 10, 10, 10]);
  });

  it('lets a refused client in when its reset has passed and not a millisecond before', () => {
    const window = new SlidingWindow({ limit: 2, windowMs: 1000 });
    window.decide(0);
    window.decide(400);
    const refused = window.decide(500);
    expect(refused).toEqual({ allowed: false, limit: 2, remaining: 0, resetMs: 500 });
    expect(window.decide(999)).toMatchObject({ allowed: false, resetMs: 1 });
    expect(window.decide(1000)).toEqual({ allowed: true, limit: 2, remaining: 0, resetMs: 400 });
  });
});
