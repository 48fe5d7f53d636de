import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CIRCUIT_STATE_SORT_KEY, circuitHistorySortKey, MAX_VERSION } from '../../../lambdas/contract/table.ts';

describe('circuitHistorySortKey', () => {
  it('sorts as the versions do', () => {
    const versions = fc.integer({ min: 1, max: MAX_VERSION });
    fc.assert(
      fc.property(versions, versions, (one, other) => {
        const [a, b] = [circuitHistorySortKey(one), circuitHistorySortKey(other)];
        expect(Math.sign(a < b ? -1 : a > b ? 1 : 0)).toBe(Math.sign(one - other));
      }),
    );
  });

  it('sorts before the state, so that history read backwards begins after it', () => {
    expect(circuitHistorySortKey(MAX_VERSION) < CIRCUIT_STATE_SORT_KEY).toBe(true);
  });
});
