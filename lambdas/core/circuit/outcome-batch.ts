import { NO_OUTCOMES, type OutcomeCounts, sumOf } from './outcome.ts';

/** Good outcomes of a busy service are sent together, at most this much later, for the price of one. */
export const BATCH_MS = 100;
/** They are held back for at most this share of the window. */
const WINDOW_SHARE = 0.01;

/**
 * Outcomes of this instance that are not counted yet. An outcome that can open a circuit is sent at once, and these with
 * it. So a share of failures lacks only what other instances hold back: nothing where requests are few, and a hundredth of
 * the window where they are many.
 */
export class OutcomeBatch {
  readonly #windowMs: number;
  readonly #longestMs: number;
  #period = '';
  #held: OutcomeCounts = NO_OUTCOMES;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #isSteady = false;

  /** @param windowMs how far back outcomes count: those that are held for longer, since no request came, are dropped */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#longestMs = Math.min(BATCH_MS, windowMs * WINDOW_SHARE);
  }

  /** Notes whether the instances together record enough into a period for this one to hold something back. */
  noteSteady(period: string, isSteady: boolean): void {
    if (period === this.#period) this.#isSteady = isSteady;
  }

  /** @returns the outcomes to count now; undefined: none yet */
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

  /** Drops what was held back of another period. */
  #begin(period: string): void {
    this.#period = period;
    this.#held = NO_OUTCOMES;
    this.#isSteady = false;
  }
}
