import { scale } from './axis.ts';
import { type Box, label, line } from './document.ts';

/** What panels that stand below each other leave free on their left and right, so that their times do, too. */
export const TIME_MARGIN = { left: 76, right: 8 } as const;
const EVERY_S = 5;

/** @returns where a time stands, in pixels; seconds from the beginning */
export function timeScale({ x, width }: Box, untilS: number): (seconds: number) => number {
  return scale(0, untilS, x + TIME_MARGIN.left, x + width - TIME_MARGIN.right);
}

/** Ticks and their times, at the lower edge of a panel. */
export function timeAxis(box: Box, untilS: number): string {
  const across = timeScale(box, untilS);
  const bottom = box.y + box.height;
  const ticks = Array.from({ length: Math.floor(untilS / EVERY_S) + 1 }, (_, index) => index * EVERY_S);
  return ticks
    .flatMap((seconds) => [
      line(across(seconds), bottom, across(seconds), bottom + 4, '#8c8c8c'),
      label(across(seconds), bottom + 17, `${seconds} s`, { anchor: 'middle' }),
    ])
    .join('\n');
}
