import type { Sample } from './orders.ts';

export const INTERVAL_MS = 100;

/** What was sent within each interval of a run. */
export function byInterval(
  samples: readonly Sample[],
  fromMs: number,
  untilMs: number,
): readonly (readonly Sample[])[] {
  const intervals: Sample[][] = Array.from({ length: Math.floor((untilMs - fromMs) / INTERVAL_MS) }, () => []);
  for (const sample of samples) intervals[Math.floor((sample.sentAtMs - fromMs) / INTERVAL_MS)]?.push(sample);
  return intervals;
}
