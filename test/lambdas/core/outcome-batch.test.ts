import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_OUTCOMES, sumOf } from '../../../lambdas/core/outcome.ts';
import { BATCH_MS, OutcomeBatch } from '../../../lambdas/core/outcome-batch.ts';
import { FAILED, GOOD, outcomeCounts, SLOW } from '../../support/outcomes.ts';

const WINDOW_MS = 10_000;
const NOW_MS = Date.UTC(2026, 0, 1);

describe('a batch of outcomes', () => {
  it('lets the first one leave at once', () => {
    expect(new OutcomeBatch(WINDOW_MS).add('one', GOOD, NOW_MS)).toEqual(GOOD);
  });

  it('holds good ones back for a tenth of a second, and lets them leave together', () => {
    const batch = new OutcomeBatch(WINDOW_MS);
    batch.add('one', GOOD, NOW_MS);
    expect(batch.add('one', GOOD, NOW_MS + 1)).toBeUndefined();
    expect(batch.add('one', GOOD, NOW_MS + BATCH_MS - 1)).toBeUndefined();
    expect(batch.add('one', GOOD, NOW_MS + BATCH_MS)).toEqual({ total: 3, failures: 0, slow: 0 });
  });

  it.each([
    ['failed', FAILED],
    ['was slow', SLOW],
  ])('lets one that %s leave at once, with those that were held back', (_, outcome) => {
    const batch = new OutcomeBatch(WINDOW_MS);
    batch.add('one', GOOD, NOW_MS);
    batch.add('one', GOOD, NOW_MS + 1);
    expect(batch.add('one', outcome, NOW_MS + 2)).toEqual(sumOf(GOOD, outcome));
    expect(batch.add('one', outcome, NOW_MS + 2)).toEqual(outcome);
  });

  it('counts nothing any more that was held for a window, since no request came', () => {
    const batch = new OutcomeBatch(WINDOW_MS);
    batch.add('one', GOOD, NOW_MS);
    batch.add('one', GOOD, NOW_MS + 1);
    expect(batch.add('one', FAILED, NOW_MS + WINDOW_MS)).toEqual(FAILED);
    batch.add('one', GOOD, NOW_MS + WINDOW_MS + 1);
    expect(batch.add('one', FAILED, NOW_MS + 2 * WINDOW_MS - 1)).toEqual(sumOf(GOOD, FAILED));
  });

  it('takes nothing of one period along into the next', () => {
    const batch = new OutcomeBatch(WINDOW_MS);
    batch.add('one', GOOD, NOW_MS);
    batch.add('one', GOOD, NOW_MS + 1);
    expect(batch.add('two', FAILED, NOW_MS + 2)).toEqual(FAILED);
  });

  it('holds nothing back by a clock that was set back', () => {
    const batch = new OutcomeBatch(WINDOW_MS);
    batch.add('one', GOOD, NOW_MS);
    expect(batch.add('one', GOOD, NOW_MS - 3_600_000)).toEqual(GOOD);
  });

  it('loses nothing of a period but what it still holds, which is good and of the last tenth of a second', () => {
    const step = fc.record({ outcomes: outcomeCounts, stepMs: fc.integer({ min: 0, max: 2 * BATCH_MS }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (steps) => {
        const batch = new OutcomeBatch(WINDOW_MS);
        let [nowMs, leftAtMs, held] = [NOW_MS, Number.NEGATIVE_INFINITY, NO_OUTCOMES];
        for (const { outcomes, stepMs } of steps) {
          nowMs += stepMs;
          held = sumOf(held, outcomes);
          const due = batch.add('one', outcomes, nowMs);
          if (due === undefined) {
            expect(held).toMatchObject({ failures: 0, slow: 0 });
            expect(nowMs - leftAtMs).toBeLessThan(BATCH_MS);
            continue;
          }
          expect(due).toEqual(held);
          [leftAtMs, held] = [nowMs, NO_OUTCOMES];
        }
      }),
    );
  });
});
