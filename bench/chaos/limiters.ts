import { Cluster, Redis } from 'ioredis';
import { MemoryLimiter } from '../../lambdas/adapters/limits/memory-limiter.ts';
import { RedisLimiter } from '../../lambdas/adapters/limits/redis-limiter.ts';
import { RedisCommands } from '../../lambdas/adapters/redis/redis-commands.ts';
import { redisEndpoint } from '../../lambdas/adapters/redis/redis-endpoint.ts';
import type { Limiter } from '../../lambdas/core/limits/limiter.ts';
import { productionCounters } from '../../test/support/counters.ts';
import { NO_RULES } from '../../test/support/limits/redis-limiter.ts';
import { servicePolicy } from '../../test/support/policy.ts';

export type Decide = Limiter['decide'];

const policy = servicePolicy({ gateway: 'bench' });

/** What production composes. The table answers at once that there are no rules. */
export function withFallback(): Decide {
  const { limiter } = productionCounters({
    env: process.env,
    policy,
    listRules: async () => [],
    clock: Date.now,
    monotonic: () => performance.now(),
    onFailure: () => undefined,
    onChange: () => undefined,
  });
  return (request) => limiter.decide(request);
}

/**
 * The usual way: ioredis as it comes, a deadline for each decision, and memory for those that miss it. The script, the
 * deadline and the share are the same.
 */
export function deadlineOnly(): Decide {
  const endpoint = redisEndpoint(process.env);
  if (endpoint === undefined) throw new Error('the environment names no redis');
  const client = endpoint.cluster ? new Cluster([endpoint.url]) : new Redis(endpoint.url);
  client.on('error', () => undefined);
  const shared = new RedisLimiter({ redis: new RedisCommands(client, policy.cacheTimeoutMs), policy, rules: NO_RULES });
  const local = new MemoryLimiter({ clock: Date.now, shared: true, rules: NO_RULES });
  return async (request) => {
    try {
      return await shared.decide(request);
    } catch {
      return local.decide(request);
    }
  };
}
