import type { OutcomeCounts } from './outcome.ts';

/** A window is counted in this many slices; the oldest slice leaves it as a whole. */
export const SLICES = 10;

interface Slice {
  readonly index: number;
  total: number;
  failures: number;
}

/** Counts outcomes over a sliding window. The Redis script keeps the same slices; this one serves without Redis. */
export class OutcomeWindow {
  #slices: Slice[] = [];
  readonly #sliceMs: number;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
  }

  record(failed: boolean, nowMs: number): OutcomeCounts {
    const index = Math.floor(nowMs / this.#sliceMs);
    this.#slices = this.#slices.filter((slice) => slice.index > index - SLICES);
    const slice = this.#sliceAt(index);
    slice.total += 1;
    if (failed) slice.failures += 1;
    return this.#slices.reduce(
      (sum, { total, failures }) => ({ total: sum.total + total, failures: sum.failures + failures }),
      { total: 0, failures: 0 },
    );
  }

  #sliceAt(index: number): Slice {
    const existing = this.#slices.find((slice) => slice.index === index);
    if (existing !== undefined) return existing;
    const slice = { index, total: 0, failures: 0 };
    this.#slices.push(slice);
    return slice;
  }
}
