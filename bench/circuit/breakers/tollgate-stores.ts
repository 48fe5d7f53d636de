import { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import { createOutcomes } from '../../../lambdas/adapters/circuit/fallback-outcomes.ts';
import { openSharedStore } from '../../../lambdas/adapters/redis/shared-store.ts';
import { createDynamoDB, sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { Env } from '../../../lambdas/contract/environment.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import type { MakeBreaker } from '../breaker.ts';
import { fail, policyOf, type Stores, tollgate } from './tollgate.ts';

/** Redis and DynamoDB as a proxy function has them. */
export function storesOf(policy: ServicePolicy): Stores {
  const shared = openSharedStore({
    env: process.env,
    timeoutMs: policy.cacheTimeoutMs,
    monotonic: () => performance.now(),
    onFailure: () => fail(new Error('redis failed')),
    onChange: fail,
  });
  const table = process.env[Env.table] ?? '';
  return {
    outcomes: createOutcomes(shared, Date.now),
    store: new CircuitStore(sdkTable(createDynamoDB({ timeoutMs: 2000 }), table), policy),
  };
}

export const makeBreaker: MakeBreaker = (work, settings) => {
  const policy = policyOf(settings);
  return tollgate(work, policy, storesOf(policy));
};
