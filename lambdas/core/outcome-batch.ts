import { NO_OUTCOMES, type OutcomeCounts, sumOf } from './outcome.ts';

/** Good outcomes leave together, at most so much later: of a busy service several at a time, for the price of one. */
export const BATCH_MS = 100;

/**
 * Outcomes of this environment that are not counted yet. Whatever can open a circuit takes them along and leaves at once,
 * so a share of failures is wrong by no more than what other environments have held back.
 */
export class OutcomeBatch {
  readonly #windowMs: number;
  #period = '';
  #held: OutcomeCounts = NO_OUTCOMES;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  /** @param windowMs how far back outcomes count: what was held for longer, since no request came, counts no more */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** @returns what is to be counted now; undefined: nothing yet */
  add(period: string, outcomes: OutcomeCounts, nowMs: number): OutcomeCounts | undefined {
    const sinceMs = nowMs - this.#sentAtMs;
    // A clock that was set back holds nothing back.
    const isCurrent = period === this.#period && sinceMs >= 0 && sinceMs < this.#windowMs;
    const all = isCurrent ? sumOf(this.#held, outcomes) : outcomes;
    this.#period = period;
    if (isCurrent && sinceMs < BATCH_MS && outcomes.failures === 0 && outcomes.slow === 0) {
      this.#held = all;
      return undefined;
    }
    this.#held = NO_OUTCOMES;
    this.#sentAtMs = nowMs;
    return all;
  }
}
