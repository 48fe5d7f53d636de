import { NO_OUTCOMES, type OutcomeCounts, type OutcomeReport } from '../../core/circuit/outcome.ts';
import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import { OutcomeWindow } from '../../core/circuit/outcome-window.ts';
import { allowsRetry, type RetryBudget } from '../../core/circuit/retry-budget.ts';
import { recall } from '../recall.ts';

/** Counts outcomes and retries in this process alone: the fallback of a function without Redis. */
export class MemoryOutcomes implements OutcomeCounter, RetryBudget {
  readonly #clock: () => number;
  readonly #outcomes = new Map<string, OutcomeWindow>();
  /** Each window's total counts retries. */
  readonly #retries = new Map<string, OutcomeWindow>();

  /** @param clock epoch milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** No other instance records here: this one knows who moved the circuit, and sends along what it held back. */
  async record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    const counted = windowOf(this.#outcomes, period, windowMs).record(outcomes, this.#clock());
    return { ...counted, endedBy: 0, isSteady: true };
  }

  async endPeriod(): Promise<void> {}

  async takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    const nowMs = this.#clock();
    const { total } = windowOf(this.#outcomes, period, windowMs).record(NO_OUTCOMES, nowMs);
    const retries = windowOf(this.#retries, period, windowMs);
    if (!allowsRetry(retries.record(NO_OUTCOMES, nowMs).total, total, budgetShare)) return false;
    retries.record({ ...NO_OUTCOMES, total: 1 }, nowMs);
    return true;
  }
}

function windowOf(windows: Map<string, OutcomeWindow>, period: string, windowMs: number): OutcomeWindow {
  return recall(windows, period, () => new OutcomeWindow(windowMs));
}
