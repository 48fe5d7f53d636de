import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure, tripReason } from '../../../lambdas/core/outcome.ts';

function limits(changes: { failureShare?: number; minRequests?: number } = {}) {
  return { failureShare: 0.5, minRequests: 5, windowMs: 10_000, openForMs: 30_000, outcomes: true, ...changes };
}

describe('isFailure', () => {
  it.each([500, 502, 503, 599])('%d speaks against the upstream', (status) => expect(isFailure(status)).toBe(true));
  it.each([200, 302, 400, 404, 429, 499])('%d does not', (status) => expect(isFailure(status)).toBe(false));
});

describe('tripReason', () => {
  it('says how many of how many requests failed', () => {
    expect(tripReason({ total: 5, failures: 3 }, limits())).toBe('3 of 5 requests failed within 10 s');
  });

  it.each([
    [{ total: 4, failures: 4 }, false],
    [{ total: 5, failures: 2 }, false],
    [{ total: 6, failures: 3 }, true],
    [{ total: 5, failures: 5 }, true],
  ])('of %o, where half of at least five may not fail, opens: %j', (counts, opens) => {
    expect(tripReason(counts, limits()) !== undefined).toBe(opens);
  });

  it('opens exactly at the share, for every whole percentage and every count', () => {
    const counts = fc.integer({ min: 1, max: 2000 }).chain((total) => fc.tuple(fc.constant(total), fc.nat(total)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), counts, (percent, [total, failures]) => {
        const reason = tripReason({ total, failures }, limits({ failureShare: percent / 100, minRequests: 1 }));
        expect(reason !== undefined).toBe(failures * 100 >= percent * total);
      }),
      { numRuns: 5000 },
    );
    expect(tripReason({ total: 100, failures: 7 }, limits({ failureShare: 0.07 }))).toBeDefined();
  });
});
