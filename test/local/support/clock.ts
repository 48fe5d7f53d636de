import type { Clock } from '../../../local/clock.ts';

export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Stands still until it is moved; calls what is due on the way. */
export function manualClock(startMs = Math.floor(Date.now() / 60_000) * 60_000): ManualClock {
  let nowMs = startMs;
  const repeated = new Set<{ readonly periodMs: number; readonly call: () => void }>();
  return {
    nowMs: () => nowMs,
    every: (periodMs, call) => {
      const entry = { periodMs, call };
      repeated.add(entry);
      return () => repeated.delete(entry);
    },
    advance: (ms) => {
      const previousMs = nowMs;
      nowMs += ms;
      for (const { periodMs, call } of repeated) {
        const calls = Math.floor(nowMs / periodMs) - Math.floor(previousMs / periodMs);
        for (let count = 0; count < calls; count += 1) call();
      }
    },
  };
}
