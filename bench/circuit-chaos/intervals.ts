import type { Timed } from './orders.ts';

export const INTERVAL_MS = 100;

/** What was sent within each interval of a run. */
export function byInterval<Sent extends Timed>(
  sent: readonly Sent[],
  fromMs: number,
  untilMs: number,
): readonly (readonly Sent[])[] {
  const intervals: Sent[][] = Array.from({ length: Math.floor((untilMs - fromMs) / INTERVAL_MS) }, () => []);
  for (const one of sent) intervals[Math.floor((one.sentAtMs - fromMs) / INTERVAL_MS)]?.push(one);
  return intervals;
}
