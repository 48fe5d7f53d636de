import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openByShare } from '../../../../lambdas/core/circuit/open-strategy.ts';
import type { OutcomeCounts } from '../../../../lambdas/core/circuit/outcome.ts';
import { circuitPolicy } from '../../../support/policy.ts';

const SLOW_POLICY = { overMs: 1000, share: 0.5 };

describe('what opens a circuit', () => {
  const counts = (total: number, failures: number, slow = 0): OutcomeCounts => ({ total, failures, slow });

  it('is told with its figures', () => {
    expect(openByShare(counts(5, 3, 1), circuitPolicy({ windowMs: 2500, slow: SLOW_POLICY }))).toEqual({
      reason: '3 of 5 calls failed within 2.5 s',
      figures: { calls: 5, failures: 3 },
    });
    expect(openByShare(counts(6, 1, 3), circuitPolicy({ slow: SLOW_POLICY }))).toEqual({
      reason: '3 of 6 calls took 1000 ms or longer within 10 s',
      figures: { calls: 6, slow: 3 },
    });
  });

  it.each<[OutcomeCounts, boolean]>([
    [counts(0, 0), false],
    [counts(4, 4, 4), false],
    [counts(5, 2, 2), false],
    [counts(6, 3), true],
    [counts(5, 5), true],
    [counts(6, 0, 3), true],
    // Those that failed and those that were slow are not added up: they may be the same.
    [counts(10, 4, 4), false],
  ])('of %o, where half of at least five may neither fail nor be slow: %j', (seen, opens) => {
    expect(openByShare(seen, circuitPolicy({ slow: SLOW_POLICY })) !== undefined).toBe(opens);
  });

  it('is no slow request where a service says nothing of slow ones', () => {
    expect(openByShare(counts(100, 0, 100), circuitPolicy())).toBeUndefined();
  });

  it('is reached exactly at the share, for every whole percentage and every count', () => {
    const seen = fc.integer({ min: 1, max: 2000 }).chain((total) => fc.tuple(fc.constant(total), fc.nat(total)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), seen, (percent, [total, bad]) => {
        const share = percent / 100;
        const reached = bad * 100 >= percent * total;
        const failing = circuitPolicy({ failureShare: share, minRequests: 1 });
        expect(openByShare(counts(total, bad), failing) !== undefined).toBe(reached);
        const slow = circuitPolicy({ minRequests: 1, slow: { overMs: 100, share } });
        expect(openByShare(counts(total, 0, bad), slow) !== undefined).toBe(reached);
      }),
      { numRuns: 5000 },
    );
    expect(openByShare(counts(100, 7), circuitPolicy({ failureShare: 0.07 }))).toBeDefined();
  });
});
