import fc from 'fast-check';
import type { WindowLimit } from '../../../lambdas/contract/limits/limit-policy.ts';
import { EXACT_LIMIT } from '../../../lambdas/core/limits/kinds/sliding-window.ts';
import { windowLimit } from '../policy.ts';

const DAY_MS = 86_400_000;
const MAX_LIMIT = 10_000_000;

/** Around the lengths at which the script takes another width for its times, and the ends of what is allowed. */
const EXACT_WINDOWS_MS = [1000, 1001, 60_000, 65_535, 65_536, 16_777_215, 16_777_216, DAY_MS, 31 * DAY_MS];
/** Some that a hundred slices divide, and some that they do not. */
const SLICED_WINDOWS_MS = [1000, 1001, 1099, 60_000, 60_001, DAY_MS, 31 * DAY_MS];

export const exactWindow: fc.Arbitrary<WindowLimit> = windows([1, 2, 3, 7, 20, 100, EXACT_LIMIT], EXACT_WINDOWS_MS);
export const slicedWindow: fc.Arbitrary<WindowLimit> = windows([EXACT_LIMIT + 1, 3000, MAX_LIMIT], SLICED_WINDOWS_MS);

function windows(limits: readonly number[], windowsMs: readonly number[]): fc.Arbitrary<WindowLimit> {
  return fc
    .tuple(fc.constantFrom(...limits), fc.constantFrom(...windowsMs), fc.boolean())
    .map(([limit, windowMs, shadow]) => windowLimit(limit, windowMs, { shadow }));
}

/**
 * Steps of a clock, in microseconds, that make something which lasts for `spanUs` fill, drain and stand exactly at its
 * edges.
 *
 * @param pace so many of the usual steps make at least one span
 */
export function steps(spanUs: number, pace: number, back: boolean): fc.Arbitrary<number> {
  const edge = fc.constantFrom(-1001, -1000, -1, 0, 1, 999, 1000, 1001).map((beside) => Math.max(0, spanUs + beside));
  const onwards = [
    { weight: 60, arbitrary: fc.constantFrom(0, 0, 0, 1, 999, 1000) },
    { weight: 60, arbitrary: fc.integer({ min: 0, max: Math.ceil(spanUs / pace) }) },
    { weight: 20, arbitrary: edge },
    { weight: 3, arbitrary: fc.constant(100 * spanUs) },
  ];
  const backwards = [
    { weight: 5, arbitrary: fc.integer({ min: -2 * spanUs, max: -1 }) },
    { weight: 5, arbitrary: fc.integer({ min: -2000, max: -1 }) },
  ];
  return fc.oneof(...onwards, ...(back ? backwards : []));
}
