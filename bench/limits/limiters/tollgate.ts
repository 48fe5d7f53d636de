import type { Redis } from 'ioredis';
import { RedisLimiter, type RedisLimiterOptions } from '../../../lambdas/adapters/limits/redis-limiter.ts';
import { RedisCommands } from '../../../lambdas/adapters/redis/redis-commands.ts';
import { ANY_JWT } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import type { CountedLimit } from '../../../lambdas/core/limits/limiter.ts';
import { limitsOf, type ScopedLimit } from '../../../lambdas/core/limits/limits.ts';
import { servicePolicy } from '../../../test/support/policy.ts';
import type { Limiter } from '../limiter.ts';
import { GATEWAY } from '../rules.ts';

/** Longer than a healthy cache needs: this machine is busy with the load, and a decision without an answer is none. */
const TIMEOUT_MS = 10_000;
const ROUTE = 'ANY /api/users/{proxy+}';

/** The limiter of production under these limits of the service and of the gateway. */
export function tollgate(redis: Redis, limits: readonly LimitPolicy[], gatewayLimits: readonly LimitPolicy[]): Limiter {
  const policy = servicePolicy({
    gateway: GATEWAY,
    gatewayLimits,
    default: { auth: ANY_JWT, limits, cost: 1 },
  });
  const limiter = new RedisLimiter({ redis: new RedisCommands(redis, TIMEOUT_MS), policy, rules: NO_RULES });
  const requestOf = requests(policy);
  return {
    ask: async (client) => (await limiter.decide(requestOf(client, 1))).outcome === 'allowed',
    fill: async (client, cost) => {
      const { outcome } = await limiter.decide(requestOf(client, cost));
      if (outcome !== 'allowed') throw new Error(`${client} was ${outcome} while its window was filled`);
    },
  };
}

/** Requests of a token with an id; whoever has a tenant shares it with many, and comes from an address of its own. */
function requests(policy: ServicePolicy) {
  const scoped = limitsOf(policy, ROUTE);
  let number = 0;
  return (client: string, cost: number) => {
    number += 1;
    const id = client.slice(-5);
    const subjects = { client, ip: `ip:2001:db8::${client.slice(4)}`, tenant: `tenant:${id.slice(-2)}`, total: '' };
    const counted = ({ policy, scope }: ScopedLimit): CountedLimit => ({ policy, scope, subject: subjects[policy.by] });
    return {
      limits: scoped.map(counted),
      identity: {
        client,
        tenant: subjects.tenant,
        plan: 'plan:pro',
        token: `token:${number}-${client}`,
        ip: subjects.ip,
      },
      cost,
      lease: String(number),
    };
  };
}

/** The benchmark keeps the copies in Redis fresh: the limiter must not read the rules from elsewhere. */
const NO_RULES: RedisLimiterOptions['rules'] = {
  isRevoked: () => Promise.reject(new Error('redis holds no fresh copy of the rules')),
  overrideFor: () => undefined,
  settled: () => undefined,
  invalidate: () => undefined,
  rebuild: () => {
    throw new Error('redis holds no fresh copy of the rules');
  },
};
