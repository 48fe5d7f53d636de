import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requestKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import type { RedisLimiter } from '../../../../lambdas/adapters/limits/redis-limiter.ts';
import type { RedisClient } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import { redisLimiter, requestOf } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { setTicks, useFakeClock } from '../../../support/redis/fake-clock.ts';
import { type RedisTarget, SINGLE } from '../../../support/redis/redis-target.ts';

// What the decisions leave in Redis, on its own clock.

const POLICY = servicePolicy();
const CLIENTS = 10_000;
const BATCH = 100;

let target: RedisTarget;
let redis: RedisClient;
let limiter: RedisLimiter;

beforeAll(async () => {
  target = await SINGLE.start();
  redis = await target.connect();
  limiter = redisLimiter(redis, { policy: POLICY });
});
afterAll(() => target.stop());
beforeEach(async () => {
  await redis.flushall();
});

function decide(policy: LimitPolicy, cost = 1, client = 'sub:alice'): Promise<LimitResult> {
  return limiter.decide(requestOf(client, [policy], cost));
}

function keyOf(policy: LimitPolicy, client = 'sub:alice'): string {
  return requestKeys(POLICY)(requestOf(client, [policy]))[1] as string;
}

describe('a limit leaves nothing behind', () => {
  it.each([
    ['a window, once its last request has left it', windowLimit(5, 60_000), 60_001],
    ['a sliced window, once the slice of its last request has', windowLimit(5000, 60_000), 60_600],
    ['a bucket, once it is full again', bucketLimit(1, 60), 60_000],
    ['a bound of concurrency, once its last lease has ended', concurrencyLimit(5, { leaseMs: 60_000 }), 60_000],
  ])('of %s', async (_, policy, ttlMs) => {
    // All sixty that the bucket holds.
    await decide(policy, policy.kind === 'bucket' ? 60 : 1);
    const leftMs = await redis.pttl(keyOf(policy));
    expect(leftMs).toBeLessThanOrEqual(ttlMs);
    expect(leftMs).toBeGreaterThan(ttlMs - 30_000);
  });
});

describe('a refused request', () => {
  it.each([windowLimit(1, 60_000), windowLimit(1001, 60_000), bucketLimit(1 / 3600, 1), concurrencyLimit(1)])(
    'writes nothing: $kind of $limit',
    async (policy) => {
      const filling = policy.kind === 'window' ? policy.limit : 1;
      await decide(policy, filling);
      const before = await redis.callBuffer('DUMP', keyOf(policy));
      expect(before).not.toBeNull();
      for (let index = 0; index < 3; index += 1) {
        expect(await decide(policy, filling)).toMatchObject({ outcome: 'refused' });
      }
      expect(await redis.callBuffer('DUMP', keyOf(policy))).toEqual(before);
    },
  );

  it('is charged to none of its limits, in whatever order they stand', async () => {
    const [tight, wide] = [windowLimit(1, 60_000, { name: 'tight' }), windowLimit(9, 60_000, { name: 'wide' })];
    const request = requestOf('sub:alice', [wide, tight, bucketLimit(1 / 3600, 9), concurrencyLimit(9)]);
    await limiter.decide(request);
    for (let index = 0; index < 20; index += 1) {
      const { outcome, decisions } = await limiter.decide({ ...request, lease: `${index}` });
      expect(outcome).toBe('refused');
      expect(decisions.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
        [true, 7],
        [false, 0],
        [true, 7],
        [true, 7],
      ]);
    }
  });
});

describe('the memory of a limit', () => {
  async function bytesAClient(policy: LimitPolicy): Promise<number> {
    const fill = async (name: string) => {
      const clients = Array.from({ length: BATCH }, (_, index) => `sub:${name}-${index}`);
      for (const cost of policy.kind === 'window' ? [policy.limit - 1, 1] : [1, 1]) {
        await Promise.all(clients.map((client) => decide(policy, cost, client)));
      }
    };
    // Scripts, connections and the copies of the rules are no client's.
    await fill('warm-up');
    const before = await usedMemory();
    for (let batch = 0; batch < CLIENTS / BATCH; batch += 1) await fill(`${batch}`);
    return ((await usedMemory()) - before) / CLIENTS;
  }

  async function usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  }

  it.each([
    ['an exact window of 100 a minute, full', windowLimit(100, 60_000), 600],
    ['a token bucket', bucketLimit(1 / 3600, 10), 140],
  ])('for each client is bounded: %s', async (_, policy, bytes) => {
    const measured = await bytesAClient(policy);
    expect(measured).toBeLessThanOrEqual(bytes);
    expect(measured).toBeGreaterThan(50);
  });

  it('of a sliced window does not grow with the limit, nor with the requests', async () => {
    const fakeClocked = useFakeClock(await target.connect());
    const onFakeClock = redisLimiter(fakeClocked, { policy: POLICY });
    const request = requestOf('sub:alice', [windowLimit(10_000_000, 1000)]);
    const [rulesKey, key = ''] = requestKeys(POLICY)(request);
    const lengths: number[] = [];
    // Two in each slice.
    for (let index = 0; index < 500; index += 1) {
      await setTicks(fakeClocked, rulesKey, [{ nowUs: 1e15 + index * 5000 }]);
      await onFakeClock.decide({ ...request, cost: 1000 });
      lengths.push(await fakeClocked.strlen(key));
    }
    // A header, and five bytes for each of a hundred slices and the one that is under way.
    expect(Math.max(...lengths)).toBe(11 + 101 * 5);
  });
});
