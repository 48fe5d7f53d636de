import { FRESH_MS } from '../../../lambdas/adapters/circuit/circuit-cache.ts';
import { BATCH_MS } from '../../../lambdas/core/circuit/outcome-batch.ts';
import type { MakeBreaker } from '../breaker.ts';
import { policyOf, tollgate } from './tollgate.ts';
import { storesOf } from './tollgate-stores.ts';

/**
 * An instance of a service that is seldom called: between two calls goes so much time that each is a batch of its own,
 * and every tenth has the circuit read again. The next call comes when the replies are there.
 */
export const makeBreaker: MakeBreaker = async (work, settings) => {
  const policy = policyOf(settings);
  const { outcomes, store } = storesOf(policy);
  const asked: Promise<unknown>[] = [];
  const { record } = outcomes;
  const { read } = store;
  Object.assign(outcomes, { record: (...count: Parameters<typeof record>) => noted(record.apply(outcomes, count)) });
  Object.assign(store, { read: (...how: Parameters<typeof read>) => noted(read.apply(store, how)) });

  let nowMs = Date.now();
  const breaker = await tollgate(work, policy, { outcomes, store, clock: () => nowMs });
  function noted<T>(reply: Promise<T>): Promise<T> {
    asked.push(reply);
    return reply;
  }
  return {
    ...breaker,
    call: async () => {
      nowMs += PAUSE_MS;
      try {
        return await breaker.call();
      } finally {
        await Promise.all(asked.splice(0));
      }
    },
  };
};

const PAUSE_MS = Math.max(BATCH_MS, FRESH_MS / 10);
