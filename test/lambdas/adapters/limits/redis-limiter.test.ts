import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { requestKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import type { RedisLimiter } from '../../../../lambdas/adapters/limits/redis-limiter.ts';
import {
  connectRedis,
  firstConnection,
  type RedisClient,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../../../lambdas/contract/policy.ts';
import type { LimitRequest } from '../../../../lambdas/core/limits/limiter.ts';
import { redisLimiter, requestOf } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const HOUR_MS = 3_600_000;
/** A deadline that no busy machine misses. */
const LONG_MS = 10_000;

let server: TestRedis;
const clients: RedisClient[] = [];
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

/** A limiter on a connection of its own. */
function limiter(timeoutMs = LONG_MS, url = server.url, policy = servicePolicy()): RedisLimiter {
  const client = connectRedis({ url, cluster: false }, () => undefined);
  clients.push(client);
  return redisLimiter(client, { policy, timeoutMs });
}

/** A connection that no limiter uses. */
async function administrator(): Promise<RedisClient> {
  const admin = connectRedis({ url: server.url, cluster: false }, () => undefined);
  clients.push(admin);
  await firstConnection(admin);
  return admin;
}

/** Some server at all, which does with each connection what the test says. */
async function impostor(onConnection: Parameters<typeof serveTcp>[0], timeoutMs = LONG_MS): Promise<RedisLimiter> {
  const { url, stop } = await serveTcp(onConnection);
  closers.push(stop);
  return limiter(timeoutMs, url.replace('http:', 'redis:'));
}

describe('a limit', () => {
  it.each<[string, number, LimitPolicy]>([
    ['an exact window of 1', 1, windowLimit(1, HOUR_MS)],
    ['an exact window of 100', 100, windowLimit(100, HOUR_MS)],
    ['a bucket of 7', 7, bucketLimit(1 / HOUR_MS, 7)],
    ['concurrency of 30', 30, concurrencyLimit(30, { leaseMs: 60_000 })],
  ])('admits exactly as many over twelve connections at once: %s', async (name, size, policy) => {
    const stores = Array.from({ length: 12 }, () => limiter());
    const results = await Promise.all(
      stores.flatMap((store, connection) =>
        Array.from({ length: 20 }, (_, call) =>
          store.decide(requestOf(`sub:${name}`, [policy], 1, `${connection}-${call}`)),
        ),
      ),
    );
    const remaining = results
      .filter(({ outcome }) => outcome === 'allowed')
      .map(({ decisions: [decision] }) => decision?.remaining ?? Number.NaN);
    expect(remaining.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
  });

  it('of one gateway is none of another', async () => {
    const request = requestOf('sub:both', [windowLimit(1, HOUR_MS)]);
    for (const gateway of ['one', 'other']) {
      const store = limiter(LONG_MS, server.url, servicePolicy({ gateway }));
      expect([gateway, (await store.decide(request)).outcome]).toEqual([gateway, 'allowed']);
      expect([gateway, (await store.decide(request)).outcome]).toEqual([gateway, 'refused']);
    }
  });

  it('says of each decision which limit made it, in the order of the request', async () => {
    const policies = [concurrencyLimit(4), windowLimit(5, HOUR_MS), bucketLimit(0.5, 6, { shadow: true })];
    const { outcome, decisions } = await limiter().decide(requestOf('sub:order', policies, 2));
    expect(outcome).toBe('allowed');
    expect(decisions).toEqual([
      { policy: policies[0], allowed: true, limit: 4, remaining: 3, resetMs: 1000, counted: 'together' },
      { policy: policies[1], allowed: true, limit: 5, remaining: 3, resetMs: HOUR_MS + 1, counted: 'together' },
      { policy: policies[2], allowed: true, limit: 6, remaining: 4, resetMs: 4000, counted: 'together' },
    ]);
  });
});

describe('leases', () => {
  const limits = [
    windowLimit(100, HOUR_MS),
    concurrencyLimit(1),
    concurrencyLimit(2, { name: 'total', by: 'total', leaseMs: 60_000 }),
  ];

  function asking(client: string, lease: string): LimitRequest {
    const request = requestOf(client, limits, 1, lease);
    return {
      ...request,
      limits: request.limits.map((limit, index) => (index < 2 ? limit : { ...limit, subject: '' })),
    };
  }

  it('are given back, all that the request took and no other’s', async () => {
    const store = limiter(LONG_MS, server.url, servicePolicy({ default: { auth: { type: 'none' }, limits, cost: 1 } }));
    const outcome = async (client: string, lease: string) => (await store.decide(asking(client, lease))).outcome;
    expect(await outcome('sub:a', 'a1')).toBe('allowed');
    expect(await outcome('sub:a', 'a2')).toBe('refused');
    expect(await outcome('sub:b', 'b1')).toBe('allowed');
    expect(await outcome('sub:c', 'c1')).toBe('refused');
    await store.release(asking('sub:a', 'a2'));
    expect(await outcome('sub:c', 'c1')).toBe('refused');
    await store.release(asking('sub:a', 'a1'));
    await store.release(asking('sub:a', 'a1'));
    expect(await outcome('sub:c', 'c1')).toBe('allowed');
    expect(await outcome('sub:a', 'a3')).toBe('refused');
  });
});

describe('a copy of the rules that was never made', () => {
  it('ends by itself, like one that is no longer made anew', async () => {
    const store = limiter();
    const request = requestOf('sub:first', []);
    await store.decide(request);
    const [rules] = requestKeys(servicePolicy())(request);
    const admin = await administrator();
    expect(await admin.pttl(rules)).toBeGreaterThan(0);
  });
});

describe('a store that forgot the scripts', () => {
  it('is given them again: NOSCRIPT is no failure', async () => {
    const store = limiter();
    const request = requestOf('sub:forgotten', [windowLimit(3, HOUR_MS)]);
    await store.decide(request);
    await clients.at(-1)?.script('FLUSH');
    expect(await store.decide(request)).toMatchObject({ decisions: [{ remaining: 1 }] });
  });
});

describe('the deadline of a command', () => {
  const request = requestOf('sub:late', [windowLimit(5, HOUR_MS), concurrencyLimit(5)]);

  it.each<[string, (store: RedisLimiter) => Promise<unknown>]>([
    ['a decision', (store) => store.decide(request)],
    ['a release', (store) => store.release(request)],
  ])('ends the wait for a server that does not answer: %s', async (_, ask) => {
    const store = await impostor(() => undefined, DEFAULT_CACHE_TIMEOUT_MS);
    await expect(ask(store)).rejects.toThrow('no answer within 50 ms');
  });

  it('gives back what a decision took that came too late', async () => {
    const store = limiter(DEFAULT_CACHE_TIMEOUT_MS);
    const held = requestOf('sub:held', [concurrencyLimit(5)]);
    const [, leases = ''] = requestKeys(servicePolicy())(held);
    const admin = await administrator();
    await store.decide(held);
    await admin.client('PAUSE', 150);
    await expect(store.decide({ ...held, lease: 'late' })).rejects.toThrow('no answer within 50 ms');
    await vi.waitFor(async () => expect(await admin.zrange(leases, '0', '-1')).toEqual([held.lease]));
  });

  it('does not give up an answer that came in time while this process could not run', async () => {
    const store = limiter(DEFAULT_CACHE_TIMEOUT_MS);
    await store.decide(request);
    const decided = store.decide({ ...request, lease: 'request-2' });
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * DEFAULT_CACHE_TIMEOUT_MS);
    expect(await decided).toMatchObject({ decisions: [{ remaining: 3 }, { remaining: 3 }] });
  });
});

describe('a server that is no limiter', () => {
  const request = requestOf('sub:x', [windowLimit(5, HOUR_MS)]);
  const integers = (...numbers: readonly (number | string)[]) =>
    `*${numbers.length}\r\n${numbers.map((number) => `:${number}\r\n`).join('')}`;

  it.each([
    ...['+OK\r\n', ':1\r\n', '$1\r\nx\r\n', '*0\r\n', '$-1\r\n', '*-1\r\n', '-ERR no\r\n', '*1\r\n*1\r\n:1\r\n'],
    ...['nonsense\r\n', '\u0000\u0001\u0002\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    // It has the right shape, but the script never gives it.
    ...[integers(2, 0, 1, 5, 4, 1000), integers(1, 0), integers(1, 0, 1, 5, 4), integers(1, 0, 1, 5, 4, 1000, 0)],
    ...[integers(-1, 0, 1, 5, 4, 1000), '*6\r\n:1\r\n:0\r\n:1\r\n:5\r\n:4\r\n$4\r\n1000\r\n'],
    integers(1, 0, 1, '99999999999999999999', 4, 1000),
  ])('and answers %j is not believed', async (reply) => {
    const store = await impostor((socket) => socket.on('data', () => socket.write(reply)));
    await expect(store.decide(request)).rejects.toThrow();
  });

  it.each(['+OK\r\n', '$1\r\n1\r\n', '*0\r\n', '-ERR no\r\n'])(
    'and answers %j has taken no lease back',
    async (reply) => {
      const store = await impostor((socket) => socket.on('data', () => socket.write(reply)));
      await expect(store.release(requestOf('sub:x', [concurrencyLimit(1)]))).rejects.toThrow();
    },
  );
});
