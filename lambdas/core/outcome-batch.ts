import { NO_OUTCOMES, type OutcomeCounts, sumOf } from './outcome.ts';

/** Good outcomes leave together, at most so much later: of a busy service several at a time, for the price of one. */
export const BATCH_MS = 100;

/**
 * Outcomes of this environment that are not counted yet. Whatever can open a circuit takes them along and leaves at once,
 * so a share of failures is wrong by no more than what other environments have held back for a tenth of a second.
 */
export class OutcomeBatch {
  #period = '';
  #held: OutcomeCounts = NO_OUTCOMES;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  /** @returns what is to be counted now; undefined: nothing yet */
  add(period: string, outcomes: OutcomeCounts, nowMs: number): OutcomeCounts | undefined {
    if (period !== this.#period) this.#held = NO_OUTCOMES;
    this.#period = period;
    this.#held = sumOf(this.#held, outcomes);
    const sinceMs = nowMs - this.#sentAtMs;
    // A clock that was set back holds nothing back.
    const waits = sinceMs >= 0 && sinceMs < BATCH_MS;
    if (waits && outcomes.failures === 0 && outcomes.slow === 0) return undefined;
    const due = this.#held;
    this.#held = NO_OUTCOMES;
    this.#sentAtMs = nowMs;
    return due;
  }
}
