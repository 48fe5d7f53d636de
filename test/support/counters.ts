import { createOutcomes } from '../../lambdas/adapters/circuit/fallback-outcomes.ts';
import { MemoryOutcomes } from '../../lambdas/adapters/circuit/memory-outcomes.ts';
import { createLimiter, type LimiterOptions } from '../../lambdas/adapters/limits/create-limiter.ts';
import { MemoryLimiter } from '../../lambdas/adapters/limits/memory-limiter.ts';
import { openSharedStore, type SharedStoreOptions } from '../../lambdas/adapters/redis/shared-store.ts';
import type { PipelineOptions } from '../../lambdas/proxy/pipeline-options.ts';
import { NO_RULES } from './limits/redis-limiter.ts';

/** Everything by which a proxy function counts. */
export type Counters = Pick<PipelineOptions, 'limiter' | 'outcomes' | 'retryBudget'>;

/** All of it in this process's memory. */
export function memoryCounters(clock: () => number = Date.now): Counters {
  const outcomes = new MemoryOutcomes(clock);
  return { limiter: new MemoryLimiter({ clock, shared: false, rules: NO_RULES }), outcomes, retryBudget: outcomes };
}

/** All of it as the proxy function composes it. */
export function productionCounters(
  options: Omit<LimiterOptions, 'store'> & Omit<SharedStoreOptions, 'timeoutMs'>,
): Counters {
  const store = openSharedStore({ ...options, timeoutMs: options.policy.cacheTimeoutMs });
  const outcomes = createOutcomes(store, options.clock);
  return { limiter: createLimiter({ ...options, store }), outcomes, retryBudget: outcomes };
}
