import type { ServicePolicy } from '../../contract/policy.ts';
import type { Limiter } from '../../core/limits/limiter.ts';
import { describeError, writeLine } from '../log.ts';
import type { SharedStore } from '../redis/shared-store.ts';
import { fallbackLimiter } from './fallback-limiter.ts';
import { MemoryLimiter } from './memory-limiter.ts';
import { RedisLimiter } from './redis-limiter.ts';
import { RuleCache, type RuleCacheOptions } from './rule-cache.ts';
import { RuleCopies } from './rule-copies.ts';

export interface LimiterOptions {
  /** Undefined: there is none, and this process counts in its memory. */
  readonly store: SharedStore | undefined;
  readonly policy: ServicePolicy;
  /** All of the operators' rules, from the table. */
  readonly listRules: RuleCacheOptions['list'];
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Called for each failed read or copy of the rules. */
  readonly onFailure: () => void;
}

/** Counts in the shared store, with this process's memory as the fallback. The operators' rules hold either way. */
export function createLimiter({ store, policy, listRules, clock, onFailure }: LimiterOptions): Limiter {
  const copies = store && new RuleCopies(store.redis.client, policy.gateway);
  const rules = new RuleCache({
    list: listRules,
    copy: async (list) => copies?.rebuild(list),
    service: policy.service,
    clock,
    onFailure: (error) => {
      writeLine({ message: 'rules not read or not copied', error: describeError(error) });
      onFailure();
    },
  });
  const local = new MemoryLimiter({ clock, shared: store !== undefined, rules });
  if (store === undefined) return local;
  store.onLost(() => rules.invalidate());
  const shared = new RedisLimiter({ redis: store.redis, policy, rules });
  return fallbackLimiter({ shared, local, breaker: store.breaker, rules });
}
