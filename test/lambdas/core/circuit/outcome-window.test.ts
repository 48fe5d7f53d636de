import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutcomeWindow } from '../../../../lambdas/core/circuit/outcome-window.ts';
import { FAILED, GOOD, outcomeCounts, SLOW } from '../../../support/circuit/outcomes.ts';
import { OutcomeOracle } from '../../../support/limits/window-oracle.ts';

describe('a window of outcomes', () => {
  it('counts as the list of all outcomes would, also with a clock that steps back', () => {
    const recorded = fc.record({ stepMs: fc.integer({ min: -300, max: 900 }), outcomes: outcomeCounts });
    fc.assert(
      fc.property(fc.constantFrom(1000, 10_000, 333), fc.array(recorded, { maxLength: 100 }), (windowMs, all) => {
        const [window, oracle] = [new OutcomeWindow(windowMs), new OutcomeOracle(windowMs)];
        let nowMs = Date.UTC(2026, 0, 1);
        for (const { stepMs, outcomes } of all) {
          nowMs += stepMs;
          expect(window.record(outcomes, nowMs)).toEqual(oracle.record(outcomes, nowMs));
        }
      }),
    );
  });

  it('holds an outcome for its length less at most one slice, and never longer', () => {
    for (let offsetMs = 0; offsetMs < 1000; offsetMs += 37) {
      const late = new OutcomeWindow(10_000);
      late.record(FAILED, 50_000 + offsetMs);
      expect(late.record(SLOW, 59_000 - 1 + offsetMs)).toEqual({ total: 2, failures: 1, slow: 1 });
      const over = new OutcomeWindow(10_000);
      over.record(FAILED, 50_000 + offsetMs);
      expect(over.record(GOOD, 60_000 + offsetMs)).toEqual({ total: 1, failures: 0, slow: 0 });
    }
  });
});
