import { DecodeError } from '../../contract/decode.ts';
import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import type { RetryBudget } from '../../core/circuit/retry-budget.ts';
import type { SharedStore } from '../redis/shared-store.ts';
import type { StoreBreaker } from '../redis/store-breaker.ts';
import { MemoryOutcomes } from './memory-outcomes.ts';
import { RedisOutcomes } from './redis-outcomes.ts';

type Outcomes = OutcomeCounter & RetryBudget;

/** Counts outcomes in the shared store where there is one, else in memory. @param clock epoch milliseconds */
export function createOutcomes(store: SharedStore | undefined, clock: () => number): Outcomes {
  const local = new MemoryOutcomes(clock);
  return store === undefined ? local : fallbackOutcomes(new RedisOutcomes(store.redis), local, store.breaker);
}

/** Counts outcomes in the shared store while it answers, and in this instance alone while it does not. */
export function fallbackOutcomes(shared: Outcomes, local: Outcomes, breaker: StoreBreaker): Outcomes {
  const ask = <T>(count: (outcomes: Outcomes) => Promise<T>) =>
    breaker.ask(
      () => count(shared),
      () => count(local),
      isUnreachable,
    );
  return {
    record: (...outcome) => ask((outcomes) => outcomes.record(...outcome)),
    endPeriod: (...end) => ask((outcomes) => outcomes.endPeriod(...end)),
    takeRetry: (...retry) => ask((outcomes) => outcomes.takeRetry(...retry)),
  };
}

/** A reply that is an error or nonsense, about one circuit's counts, shows that the store answers. */
function isUnreachable(error: unknown): boolean {
  return !(error instanceof DecodeError) && (error as Error).name !== 'ReplyError';
}
