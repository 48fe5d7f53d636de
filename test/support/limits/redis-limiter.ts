import { RedisLimiter, type RedisLimiterOptions } from '../../../lambdas/adapters/limits/redis-limiter.ts';
import type { OperatorRules } from '../../../lambdas/adapters/limits/rule-cache.ts';
import { RedisCommands } from '../../../lambdas/adapters/redis/redis-commands.ts';
import type { RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitRequest } from '../../../lambdas/core/limits/limiter.ts';
import { servicePolicy } from '../policy.ts';

/** Redis knows all of the operators' rules. */
export const NO_RULES: OperatorRules = {
  isRevoked: async () => false,
  overrideFor: () => undefined,
  settled: () => undefined,
  invalidate: () => undefined,
  rebuild: () => undefined,
};

/** The limiter of production on this connection, with a deadline that no busy machine misses. */
export function redisLimiter(
  client: RedisClient,
  options: Partial<Omit<RedisLimiterOptions, 'redis'>> & { readonly timeoutMs?: number } = {},
): RedisLimiter {
  const { policy = servicePolicy(), rules = NO_RULES, timeoutMs = 10_000 } = options;
  return new RedisLimiter({ redis: new RedisCommands(client, timeoutMs), policy, rules });
}

export function requestOf(
  client: string,
  policies: readonly LimitPolicy[],
  cost = 1,
  lease = 'request-1',
): LimitRequest {
  return {
    limits: policies.map((policy) => ({ policy, scope: 'users', subject: client })),
    identity: { client, tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1' },
    cost,
    lease,
  };
}
