/** Levels of an axis, about. */
const TICKS = 5;

/** @returns where a value stands between the ends of an axis, in pixels */
export function scale(from: number, to: number, start: number, end: number) {
  return (value: number) => start + ((value - from) / (to - from || 1)) * (end - start);
}

/** From zero, in round steps. */
export function linearLevels(most: number): readonly number[] {
  const rough = (most || 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil((most || 1) / step) + 1 }, (_, index) => index * step);
}
