import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_OUTCOMES, sumOf } from '../../../../lambdas/core/circuit/outcome.ts';
import { BATCH_MS, OutcomeBatch } from '../../../../lambdas/core/circuit/outcome-batch.ts';
import { FAILED, GOOD, outcomeCounts, SLOW } from '../../../support/circuit/outcomes.ts';

const WINDOW_MS = 10_000;
const NOW_MS = Date.UTC(2026, 0, 1);

/** A batch that has been told that others record much. */
function steady(windowMs = WINDOW_MS, nowMs = NOW_MS): OutcomeBatch {
  const batch = new OutcomeBatch(windowMs);
  batch.add('one', GOOD, nowMs);
  batch.noteSteady('one', true);
  return batch;
}

describe('a batch of outcomes', () => {
  it('lets each one leave at once where there are few', () => {
    const batch = new OutcomeBatch(WINDOW_MS);
    for (let time = 0; time < 3; time += 1) expect(batch.add('one', GOOD, NOW_MS)).toEqual(GOOD);
    batch.noteSteady('one', true);
    batch.noteSteady('one', false);
    expect(batch.add('one', GOOD, NOW_MS)).toEqual(GOOD);
  });

  it('holds good ones back for a tenth of a second where there are many, and lets them leave together', () => {
    const batch = steady();
    expect(batch.add('one', GOOD, NOW_MS + 1)).toBeUndefined();
    expect(batch.add('one', GOOD, NOW_MS + BATCH_MS - 1)).toBeUndefined();
    expect(batch.add('one', GOOD, NOW_MS + BATCH_MS)).toEqual({ total: 3, failures: 0, slow: 0 });
  });

  it('holds none back for more than a hundredth of the window', () => {
    const batch = steady(1000);
    expect(batch.add('one', GOOD, NOW_MS + 9)).toBeUndefined();
    expect(batch.add('one', GOOD, NOW_MS + 10)).toEqual({ total: 2, failures: 0, slow: 0 });
    const long = steady(3_600_000);
    expect(long.add('one', GOOD, NOW_MS + BATCH_MS)).toEqual(GOOD);
  });

  it.each([
    ['failed', FAILED],
    ['was slow', SLOW],
  ])('lets one that %s leave at once, with those that were held back', (_, outcome) => {
    const batch = steady();
    batch.add('one', GOOD, NOW_MS + 1);
    expect(batch.add('one', outcome, NOW_MS + 2)).toEqual(sumOf(GOOD, outcome));
    expect(batch.add('one', outcome, NOW_MS + 2)).toEqual(outcome);
  });

  it('counts nothing any more that was held for a window, since no request came', () => {
    const batch = steady();
    batch.add('one', GOOD, NOW_MS + 1);
    expect(batch.add('one', FAILED, NOW_MS + WINDOW_MS)).toEqual(FAILED);
    batch.add('one', GOOD, NOW_MS + WINDOW_MS + 1);
    expect(batch.add('one', FAILED, NOW_MS + 2 * WINDOW_MS - 1)).toEqual(sumOf(GOOD, FAILED));
  });

  it('takes nothing of one period along into the next, not even that there are many', () => {
    const batch = steady();
    batch.add('one', GOOD, NOW_MS + 1);
    expect(batch.add('two', FAILED, NOW_MS + 2)).toEqual(FAILED);
    expect(batch.add('two', GOOD, NOW_MS + 3)).toEqual(GOOD);
    batch.noteSteady('one', true);
    expect(batch.add('two', GOOD, NOW_MS + 4)).toEqual(GOOD);
  });

  it('holds nothing back by a clock that was set back', () => {
    expect(steady().add('one', GOOD, NOW_MS - 3_600_000)).toEqual(GOOD);
  });

  it('loses nothing of a period but what it still holds, which is good and of the last tenth of a second', () => {
    const step = fc.record({
      outcomes: outcomeCounts,
      stepMs: fc.integer({ min: 0, max: 2 * BATCH_MS }),
      isSteady: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (steps) => {
        const batch = new OutcomeBatch(WINDOW_MS);
        let [nowMs, leftAtMs, held] = [NOW_MS, Number.NEGATIVE_INFINITY, NO_OUTCOMES];
        for (const { outcomes, stepMs, isSteady } of steps) {
          nowMs += stepMs;
          held = sumOf(held, outcomes);
          const due = batch.add('one', outcomes, nowMs);
          batch.noteSteady('one', isSteady);
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
