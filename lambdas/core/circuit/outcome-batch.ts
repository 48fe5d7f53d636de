import { NO_OUTCOMES, type OutcomeCounts, sumOf } from './outcome.ts';

/** Good outcomes of a busy service leave together, at most so much later, for the price of one. */
export const BATCH_MS = 100;
/** Nor are they held back for a larger part of the window than this. */
const WINDOW_SHARE = 0.01;

/**
 * Outcomes of this instance that are not counted yet. Whatever can open a circuit takes them along and leaves at once,
 * so a share of failures lacks no more than what other instances have held back: none where requests are few, and a
 * hundredth of the window where they are many.
 */
export class OutcomeBatch {
  readonly #windowMs: number;
  readonly #longestMs: number;
  #period = '';
  #held: OutcomeCounts = NO_OUTCOMES;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #isSteady = false;

  /** @param windowMs how far back outcomes count: what was held for longer, since no request came, counts no more */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#longestMs = Math.min(BATCH_MS, windowMs * WINDOW_SHARE);
  }

  /** Takes in whether others record so much into a period that something may be held back. */
  learn(period: string, isSteady: boolean): void {
    if (period === this.#period) this.#isSteady = isSteady;
  }

  /** @returns what is to be counted now; undefined: nothing yet */
  add(period: string, outcomes: OutcomeCounts, nowMs: number): OutcomeCounts | undefined {
    if (period !== this.#period) this.#begin(period);
    const sinceMs = nowMs - this.#sentAtMs;
    // A clock that was set back holds nothing back.
    const all = sinceMs >= 0 && sinceMs < this.#windowMs ? sumOf(this.#held, outcomes) : outcomes;
    const isGood = outcomes.failures === 0 && outcomes.slow === 0;
    if (this.#isSteady && isGood && sinceMs >= 0 && sinceMs < this.#longestMs) {
      this.#held = all;
      return undefined;
    }
    this.#held = NO_OUTCOMES;
    this.#sentAtMs = nowMs;
    return all;
  }

  /** What was held back of another period, nobody wants to know any more. */
  #begin(period: string): void {
    this.#period = period;
    this.#held = NO_OUTCOMES;
    this.#isSteady = false;
  }
}
