import { DecodeError } from '../../contract/decode.ts';
import type { OutcomeCounts, OutcomeReport } from '../../core/circuit/outcome.ts';
import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../../core/circuit/retry-budget.ts';
import type { SharedStore } from '../redis/shared-store.ts';
import type { StoreFallback } from '../redis/store-fallback.ts';
import { MemoryOutcomes } from './memory-outcomes.ts';
import { RedisOutcomes } from './redis-outcomes.ts';

type Outcomes = OutcomeCounter & RetryBudget;

/** Counts outcomes in the shared store while it answers, and in this instance alone while it does not. */
export class FallbackOutcomes implements Outcomes {
  readonly #shared: Outcomes;
  readonly #local: Outcomes;
  readonly #fallback: StoreFallback;

  constructor(shared: Outcomes, local: Outcomes, fallback: StoreFallback) {
    this.#shared = shared;
    this.#local = local;
    this.#fallback = fallback;
  }

  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    return this.#ask((counter) => counter.record(period, outcomes, windowMs));
  }

  endPeriod(period: string, version: number, windowMs: number): Promise<void> {
    return this.#ask((counter) => counter.endPeriod(period, version, windowMs));
  }

  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    return this.#ask((counter) => counter.takeRetry(period, budgetShare, windowMs));
  }

  #ask<T>(count: (outcomes: Outcomes) => Promise<T>): Promise<T> {
    return this.#fallback.ask(
      () => count(this.#shared),
      () => count(this.#local),
      isUnreachable,
    );
  }
}

/** Counts outcomes in the shared store where there is one, else in memory. @param clock epoch milliseconds */
export function createOutcomes(store: SharedStore | undefined, clock: () => number): Outcomes {
  const local = new MemoryOutcomes(clock);
  return store === undefined ? local : new FallbackOutcomes(new RedisOutcomes(store.redis), local, store.fallback);
}

/** A reply that is an error or nonsense, about one circuit's counts, shows that the store answers. */
function isUnreachable(error: unknown): boolean {
  return !(error instanceof DecodeError) && (error as Error).name !== 'ReplyError';
}
