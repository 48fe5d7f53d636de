import { NO_OUTCOMES, type OutcomeCounts, sumOf } from './outcome.ts';

/** A window is counted in this many slices; the oldest slice leaves it as a whole. */
export const SLICES = 10;

interface Slice {
  readonly index: number;
  counts: OutcomeCounts;
}

/** Counts outcomes over a sliding window. The Redis script keeps the same slices; this one serves without Redis. */
export class OutcomeWindow {
  #slices: Slice[] = [];
  readonly #sliceMs: number;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
  }

  /** @returns what the window holds now */
  record(outcomes: OutcomeCounts, nowMs: number): OutcomeCounts {
    const index = Math.floor(nowMs / this.#sliceMs);
    // A slice that lies windows ahead was counted before the clock was set back.
    const isIn = (slice: Slice) => slice.index > index - SLICES && slice.index < index + 10 * SLICES;
    this.#slices = this.#slices.filter(isIn);
    const slice = this.#sliceAt(index);
    slice.counts = sumOf(slice.counts, outcomes);
    return this.#slices.map(({ counts }) => counts).reduce(sumOf, NO_OUTCOMES);
  }

  #sliceAt(index: number): Slice {
    const existing = this.#slices.find((slice) => slice.index === index);
    if (existing !== undefined) return existing;
    const slice = { index, counts: NO_OUTCOMES };
    this.#slices.push(slice);
    return slice;
  }
}
