import { describe, expect, it } from 'vitest';
import { ProbePause } from '../../../../lambdas/core/circuit/probe-pause.ts';

/** How long each of some losses in a row makes one wait. */
function waits(losses: number, random: number): number[] {
  const pause = new ProbePause();
  return Array.from({ length: losses }, (_, index) => {
    const nowMs = 1e6 * (index + 1);
    pause.lost(nowMs, random);
    return Array.from({ length: 3000 }, (_, ms) => ms).findIndex((ms) => pause.isOver(nowMs + ms));
  });
}

describe('the pause after a race for a probe’s place', () => {
  it('is none for who has lost none', () => expect(new ProbePause().isOver(0)).toBe(true));

  it('doubles with each that is lost, at random down to half, up to two seconds', () => {
    expect(waits(6, 0)).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(waits(6, 1)).toEqual([200, 400, 800, 1600, 2000, 2000]);
  });

  it('begins anew after one that is won', () => {
    const pause = new ProbePause();
    pause.lost(1000, 1);
    pause.lost(1000, 1);
    pause.won();
    expect(pause.isOver(1000)).toBe(true);
    pause.lost(1000, 1);
    expect([pause.isOver(1199), pause.isOver(1200)]).toEqual([false, true]);
  });

  it('is over by a clock that was set back', () => {
    const pause = new ProbePause();
    pause.lost(1_000_000, 1);
    expect(pause.isOver(999_999)).toBe(true);
  });
});
