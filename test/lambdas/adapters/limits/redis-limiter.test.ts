import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { requestKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import { RedisCounters } from '../../../../lambdas/adapters/limits/redis-counters.ts';
import {
  connectRedis,
  firstConnection,
  type RedisClient,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../../../lambdas/contract/policy.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import type { LimitRequest } from '../../../../lambdas/core/limits/limiter.ts';
import { FAILED, GOOD, SLOW } from '../../../support/circuit/outcomes.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { NO_RULES, requestOf } from '../../../support/redis/told-redis.ts';
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

/** Counters on a connection of their own. */
function counters(timeoutMs = LONG_MS, url = server.url, policy = servicePolicy()): RedisCounters {
  const client = connectRedis({ url, cluster: false }, () => undefined);
  clients.push(client);
  return new RedisCounters({ client, policy, rules: NO_RULES, timeoutMs });
}

/** A connection that no counters use. */
async function administrator(): Promise<RedisClient> {
  const admin = connectRedis({ url: server.url, cluster: false }, () => undefined);
  clients.push(admin);
  await firstConnection(admin);
  return admin;
}

/** Some server at all, which does with each connection what the test says. */
async function impostor(onConnection: Parameters<typeof serveTcp>[0], timeoutMs = LONG_MS): Promise<RedisCounters> {
  const { url, stop } = await serveTcp(onConnection);
  closers.push(stop);
  return counters(timeoutMs, url.replace('http:', 'redis:'));
}

describe('a limit', () => {
  it.each<[string, number, LimitPolicy]>([
    ['an exact window of 1', 1, windowLimit(1, HOUR_MS)],
    ['an exact window of 100', 100, windowLimit(100, HOUR_MS)],
    ['a bucket of 7', 7, bucketLimit(1 / HOUR_MS, 7)],
    ['concurrency of 30', 30, concurrencyLimit(30, { leaseMs: 60_000 })],
  ])('admits exactly as many over twelve connections at once: %s', async (name, size, policy) => {
    const stores = Array.from({ length: 12 }, () => counters());
    const rulings = await Promise.all(
      stores.flatMap((store, connection) =>
        Array.from({ length: 20 }, (_, call) =>
          store.decide(requestOf(`sub:${name}`, [policy], 1, `${connection}-${call}`)),
        ),
      ),
    );
    const remaining = rulings
      .filter(({ outcome }) => outcome === 'allowed')
      .map(({ decisions: [decision] }) => decision?.remaining ?? Number.NaN);
    expect(remaining.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
  });

  it('of one gateway is none of another', async () => {
    const request = requestOf('sub:both', [windowLimit(1, HOUR_MS)]);
    for (const gateway of ['one', 'other']) {
      const store = counters(LONG_MS, server.url, servicePolicy({ gateway }));
      expect([gateway, (await store.decide(request)).outcome]).toEqual([gateway, 'allowed']);
      expect([gateway, (await store.decide(request)).outcome]).toEqual([gateway, 'refused']);
    }
  });

  it('says of each decision which limit made it, in the order of the request', async () => {
    const policies = [concurrencyLimit(4), windowLimit(5, HOUR_MS), bucketLimit(0.5, 6, { shadow: true })];
    const { outcome, decisions } = await counters().decide(requestOf('sub:order', policies, 2));
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
    const store = counters(
      LONG_MS,
      server.url,
      servicePolicy({ default: { auth: { type: 'none' }, limits, cost: 1 } }),
    );
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

describe('outcomes', () => {
  it('are counted together over several connections', async () => {
    const stores = Array.from({ length: 5 }, () => counters());
    await Promise.all(
      stores.flatMap((store) => [FAILED, GOOD, SLOW].map((outcome) => store.record('shared', outcome, HOUR_MS))),
    );
    const report = await stores[0]?.record('shared', FAILED, HOUR_MS);
    expect(report).toMatchObject({ total: 16, failures: 6, slow: 5, endedBy: 0 });
  });

  it('are steady where the slice before has counted many of them', async () => {
    const store = counters();
    const many = { ...GOOD, total: 50 };
    // Slices of 100 ms: one of them is the last one's next.
    await expect
      .poll(async () => (await store.record('steady', many, 1000)).isSteady, { interval: 20, timeout: 10_000 })
      .toBe(true);
    await expect
      .poll(async () => (await store.record('quiet', GOOD, 1000)).isSteady, { interval: 60, timeout: 500 })
      .toBe(false);
  });

  it('of two periods are counted apart', async () => {
    const store = counters();
    await store.record('gateway/users/1', FAILED, HOUR_MS);
    const report = await store.record('gateway/users/2', { total: 3, failures: 0, slow: 2 }, HOUR_MS);
    expect(report).toMatchObject({ total: 3, failures: 0, slow: 2, endedBy: 0 });
  });

  it('leave the window by Redis’s clock', async () => {
    const store = counters();
    expect(await store.record('sliding', FAILED, 400)).toMatchObject({ total: 1, failures: 1 });
    // What is recorded meanwhile keeps the key alive, and the failure leaves all the same.
    await vi.waitFor(async () => expect(await store.record('sliding', SLOW, 400)).toMatchObject({ failures: 0 }), {
      timeout: 10_000,
      interval: 20,
    });
  });
});

describe('a period that is over', () => {
  it('is over for all who still record into it, whatever they record', async () => {
    const [one, other] = [counters(), counters()];
    await other.record('over', GOOD, HOUR_MS);
    await one.endPeriod('over', 8, HOUR_MS);
    for (const outcome of [GOOD, GOOD, FAILED, SLOW, GOOD]) {
      expect(await other.record('over', outcome, HOUR_MS)).toMatchObject({ endedBy: 8 });
    }
    expect(await other.takeRetry('over', 1, HOUR_MS)).toBe(false);
    expect(await other.record('not over', GOOD, HOUR_MS)).toMatchObject({ endedBy: 0 });
  });

  it('is forgotten when nobody records into it any more', async () => {
    const store = counters();
    await store.endPeriod('forgotten', 8, 100);
    const admin = await administrator();
    await vi.waitFor(async () => expect(await admin.exists('outcomes:{forgotten}')).toBe(0), { interval: 20 });
    expect(await store.record('forgotten', FAILED, HOUR_MS)).toMatchObject({
      total: 1,
      failures: 1,
      slow: 0,
      endedBy: 0,
    });
  });
});

describe('the budget of retries', () => {
  /** How many of so many attempts are allowed that are asked for over ten connections at once. */
  async function taken(period: string, attempts: number, share: number, windowMs = HOUR_MS): Promise<number> {
    const stores = Array.from({ length: 10 }, () => counters());
    const answers = await Promise.all(
      Array.from({ length: attempts }, (_, index) => stores[index % 10]?.takeRetry(period, share, windowMs)),
    );
    return answers.filter((answer) => answer === true).length;
  }

  it('is a few where there are no requests to have a share of', async () => {
    expect(await taken('idle', 40, 0.1)).toBe(FREE_RETRIES);
  });

  it.each([
    [100, 0.1, 10],
    [105, 0.1, 11],
    [20, 0.1, FREE_RETRIES],
    [60, 1, 60],
  ])('of %d requests at a share of %d is %d, over ten connections at once', async (total, share, allowed) => {
    const period = `busy-${total}`;
    await counters().record(period, { total, failures: 0, slow: 0 }, HOUR_MS);
    expect(await taken(period, 100, share)).toBe(allowed);
    expect(await taken(period, 10, share)).toBe(0);
  });

  it('comes back as the window slides', async () => {
    const store = counters();
    for (let index = 0; index < FREE_RETRIES; index += 1) await store.takeRetry('sliding-budget', 0.1, 400);
    await vi.waitFor(async () => expect(await store.takeRetry('sliding-budget', 0.1, 400)).toBe(true), {
      timeout: 10_000,
      interval: 20,
    });
  });
});

describe('a copy of the rules that was never made', () => {
  it('ends by itself, like one that is no longer made anew', async () => {
    const store = counters();
    const request = requestOf('sub:first', []);
    await store.decide(request);
    const [rules] = requestKeys(servicePolicy())(request);
    const admin = await administrator();
    expect(await admin.pttl(rules)).toBeGreaterThan(0);
  });
});

describe('a store that forgot the scripts', () => {
  it('is given them again: NOSCRIPT is no failure', async () => {
    const store = counters();
    const request = requestOf('sub:forgotten', [windowLimit(3, HOUR_MS)]);
    await store.decide(request);
    await clients.at(-1)?.script('FLUSH');
    expect(await store.decide(request)).toMatchObject({ decisions: [{ remaining: 1 }] });
    await clients.at(-1)?.script('FLUSH');
    expect(await store.record('unscripted', FAILED, HOUR_MS)).toMatchObject({ total: 1, failures: 1 });
    await clients.at(-1)?.script('FLUSH');
    expect(await store.takeRetry('unscripted', 0.1, HOUR_MS)).toBe(true);
    await clients.at(-1)?.script('FLUSH');
    await store.endPeriod('unscripted', 8, HOUR_MS);
    expect(await store.record('unscripted', GOOD, HOUR_MS)).toMatchObject({ endedBy: 8 });
  });
});

describe('the deadline of a command', () => {
  const request = requestOf('sub:late', [windowLimit(5, HOUR_MS), concurrencyLimit(5)]);

  it.each<[string, (store: RedisCounters) => Promise<unknown>]>([
    ['a decision', (store) => store.decide(request)],
    ['a release', (store) => store.release(request)],
    ['an outcome', (store) => store.record('late', FAILED, 1000)],
    ['the end of a period', (store) => store.endPeriod('late', 8, 1000)],
    ['a retry', (store) => store.takeRetry('late', 0.1, 1000)],
  ])('ends the wait for a server that does not answer: %s', async (_, ask) => {
    const store = await impostor(() => undefined, DEFAULT_CACHE_TIMEOUT_MS);
    await expect(ask(store)).rejects.toThrow('no answer within 50 ms');
  });

  it('gives back what a decision took that came too late', async () => {
    const store = counters(DEFAULT_CACHE_TIMEOUT_MS);
    const held = requestOf('sub:held', [concurrencyLimit(5)]);
    const [, leases = ''] = requestKeys(servicePolicy())(held);
    const admin = await administrator();
    await store.decide(held);
    await admin.client('PAUSE', 150);
    await expect(store.decide({ ...held, lease: 'late' })).rejects.toThrow('no answer within 50 ms');
    await vi.waitFor(async () => expect(await admin.zrange(leases, '0', '-1')).toEqual([held.lease]));
  });

  it('does not give up an answer that came in time while this process could not run', async () => {
    const store = counters(DEFAULT_CACHE_TIMEOUT_MS);
    await store.decide(request);
    const decided = store.decide({ ...request, lease: 'request-2' });
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * DEFAULT_CACHE_TIMEOUT_MS);
    expect(await decided).toMatchObject({ decisions: [{ remaining: 3 }, { remaining: 3 }] });
  });
});

describe('a server that is no counter', () => {
  const request = requestOf('sub:x', [windowLimit(5, HOUR_MS)]);
  const integers = (...numbers: readonly (number | string)[]) =>
    `*${numbers.length}\r\n${numbers.map((number) => `:${number}\r\n`).join('')}`;

  it.each([
    ...['+OK\r\n', ':1\r\n', '$1\r\nx\r\n', '*0\r\n', '$-1\r\n', '*-1\r\n', '-ERR no\r\n', '*1\r\n*1\r\n:1\r\n'],
    ...['nonsense\r\n', '\u0000\u0001\u0002\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    // Of the right shape, but not one that the script would give.
    ...[integers(2, 0, 1, 5, 4, 1000), integers(1, 0), integers(1, 0, 1, 5, 4), integers(1, 0, 1, 5, 4, 1000, 0)],
    ...[integers(-1, 0, 1, 5, 4, 1000), '*6\r\n:1\r\n:0\r\n:1\r\n:5\r\n:4\r\n$4\r\n1000\r\n'],
    integers(1, 0, 1, '99999999999999999999', 4, 1000),
  ])('and answers %j is not believed', async (reply) => {
    const store = await impostor((socket) => socket.on('data', () => socket.write(reply)));
    await expect(store.decide(request)).rejects.toThrow();
  });

  it.each(['+OK\r\n', '$1\r\n1\r\n', '*0\r\n', '-ERR no\r\n'])(
    'and answers %j has taken no lease back, recorded nothing and allowed nothing',
    async (reply) => {
      const store = await impostor((socket) => socket.on('data', () => socket.write(reply)));
      await expect(store.release(requestOf('sub:x', [concurrencyLimit(1)]))).rejects.toThrow();
      await expect(store.record('x', FAILED, 1000)).rejects.toThrow();
      await expect(store.endPeriod('x', 8, 1000)).rejects.toThrow();
      await expect(store.takeRetry('x', 0.1, 1000)).rejects.toThrow();
    },
  );
});
