import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsRetry, FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';

/** How many further attempts in a row are allowed beside so many requests. */
function allowed(requests: number, budgetShare: number): number {
  let retries = 0;
  while (retries <= requests + FREE_RETRIES && allowsRetry(retries, requests, budgetShare)) retries += 1;
  return retries;
}

describe('the budget of further attempts', () => {
  it.each([
    ['a few where there are no requests to have a share of', 0, 0.1, FREE_RETRIES],
    ['a few of the first requests', 29, 0.1, FREE_RETRIES],
    ['the first one beyond them when their share is used up', 31, 0.1, 4],
    ['a tenth of the requests', 1000, 0.1, 100],
    ['a hundredth of them', 1000, 0.01, 10],
    ['one for each of them where the share is all', 50, 1, 50],
  ])('is %s', (_, requests, share, retries) => {
    expect(allowed(requests, share)).toBe(retries);
  });

  it('is never more than the share, rounded up, or the free ones', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.integer({ min: 1, max: 100 }), (requests, percent) => {
        const share = percent / 100;
        const retries = allowed(requests, share);
        expect(retries).toBeGreaterThanOrEqual(FREE_RETRIES);
        if (retries > FREE_RETRIES) expect(retries).toBe(Math.ceil(share * requests));
      }),
    );
  });
});
