import { Cluster, Redis } from 'ioredis';
import type { Counters } from '../../lambdas/adapters/limits/counters.ts';
import { createCounters } from '../../lambdas/adapters/limits/create-counters.ts';
import { MemoryCounters } from '../../lambdas/adapters/limits/memory-counters.ts';
import { RedisCounters } from '../../lambdas/adapters/limits/redis-counters.ts';
import { redisEndpoint } from '../../lambdas/adapters/redis/redis-endpoint.ts';
import { servicePolicy } from '../../test/support/policy.ts';

export type Decide = Counters['decide'];

const policy = servicePolicy({ gateway: 'bench' });

/** What production composes. The table answers at once that there are no rules. */
export function ladder(): Decide {
  const counters = createCounters({
    env: process.env,
    policy,
    rules: { list: async () => [] },
    clock: Date.now,
    monotonic: () => performance.now(),
    onFailure: () => undefined,
    onChange: () => undefined,
  });
  return (request) => counters.decide(request);
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
  const rules = {
    isRevoked: async () => false,
    overrideFor: () => undefined,
    settled: () => undefined,
    doubt: () => undefined,
    rebuild: () => undefined,
  };
  const shared = new RedisCounters({ client, policy, rules });
  const local = new MemoryCounters({ clock: Date.now, shared: true });
  return async (request) => {
    try {
      return await shared.decide(request);
    } catch {
      return local.decide(request);
    }
  };
}
