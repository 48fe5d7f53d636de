import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisOutcomes } from '../../../../lambdas/adapters/circuit/redis-outcomes.ts';
import { RedisCommands } from '../../../../lambdas/adapters/redis/redis-commands.ts';
import {
  connectRedis,
  firstConnection,
  type RedisClient,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../../../lambdas/contract/policy.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import { FAILED, GOOD, SLOW } from '../../../support/circuit/outcomes.ts';
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

/** A counter on a connection of its own. */
function outcomes(timeoutMs = LONG_MS, url = server.url): RedisOutcomes {
  const client = connectRedis({ url, cluster: false }, () => undefined);
  clients.push(client);
  return new RedisOutcomes(new RedisCommands(client, timeoutMs));
}

/** A connection that no counter uses. */
async function administrator(): Promise<RedisClient> {
  const admin = connectRedis({ url: server.url, cluster: false }, () => undefined);
  clients.push(admin);
  await firstConnection(admin);
  return admin;
}

/** Some server at all, which does with each connection what the test says. */
async function impostor(onConnection: Parameters<typeof serveTcp>[0], timeoutMs = LONG_MS): Promise<RedisOutcomes> {
  const { url, stop } = await serveTcp(onConnection);
  closers.push(stop);
  return outcomes(timeoutMs, url.replace('http:', 'redis:'));
}

async function started(...args: string[]): Promise<TestRedis> {
  const own = await startRedis({ args });
  closers.push(own.stop);
  return own;
}

function adminOf({ port }: TestRedis): Redis {
  const admin = new Redis(port);
  closers.push(() => admin.disconnect());
  return admin;
}

/** All that can be asked of a counter. */
const CALLS: readonly [string, (store: RedisOutcomes) => Promise<unknown>][] = [
  ['an outcome', (store) => store.record('users', FAILED, 1000)],
  ['the end of a period', (store) => store.endPeriod('users', 8, 1000)],
  ['a retry', (store) => store.takeRetry('users', 0.1, 1000)],
];

describe('outcomes', () => {
  it('are counted together over several connections', async () => {
    const stores = Array.from({ length: 5 }, () => outcomes());
    await Promise.all(
      stores.flatMap((store) => [FAILED, GOOD, SLOW].map((outcome) => store.record('shared', outcome, HOUR_MS))),
    );
    const report = await stores[0]?.record('shared', FAILED, HOUR_MS);
    expect(report).toMatchObject({ total: 16, failures: 6, slow: 5, endedBy: 0 });
  });

  it('are steady where the slice before has counted many of them', async () => {
    const store = outcomes();
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
    const store = outcomes();
    await store.record('gateway/users/1', FAILED, HOUR_MS);
    const report = await store.record('gateway/users/2', { total: 3, failures: 0, slow: 2 }, HOUR_MS);
    expect(report).toMatchObject({ total: 3, failures: 0, slow: 2, endedBy: 0 });
  });

  it('leave the window by Redis’s clock', async () => {
    const store = outcomes();
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
    const [one, other] = [outcomes(), outcomes()];
    await other.record('over', GOOD, HOUR_MS);
    await one.endPeriod('over', 8, HOUR_MS);
    for (const outcome of [GOOD, GOOD, FAILED, SLOW, GOOD]) {
      expect(await other.record('over', outcome, HOUR_MS)).toMatchObject({ endedBy: 8 });
    }
    expect(await other.takeRetry('over', 1, HOUR_MS)).toBe(false);
    expect(await other.record('not over', GOOD, HOUR_MS)).toMatchObject({ endedBy: 0 });
  });

  it('is forgotten when nobody records into it any more', async () => {
    const store = outcomes();
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
    const stores = Array.from({ length: 10 }, () => outcomes());
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
    await outcomes().record(period, { total, failures: 0, slow: 0 }, HOUR_MS);
    expect(await taken(period, 100, share)).toBe(allowed);
    expect(await taken(period, 10, share)).toBe(0);
  });

  it('comes back as the window slides', async () => {
    const store = outcomes();
    for (let index = 0; index < FREE_RETRIES; index += 1) await store.takeRetry('sliding-budget', 0.1, 400);
    await vi.waitFor(async () => expect(await store.takeRetry('sliding-budget', 0.1, 400)).toBe(true), {
      timeout: 10_000,
      interval: 20,
    });
  });
});

describe('a store that forgot the scripts', () => {
  it('is given them again: NOSCRIPT is no failure', async () => {
    const store = outcomes();
    const flush = () => clients.at(-1)?.script('FLUSH');
    expect(await store.record('unscripted', FAILED, HOUR_MS)).toMatchObject({ total: 1, failures: 1 });
    await flush();
    expect(await store.record('unscripted', FAILED, HOUR_MS)).toMatchObject({ total: 2, failures: 2 });
    await flush();
    expect(await store.takeRetry('unscripted', 0.1, HOUR_MS)).toBe(true);
    await flush();
    await store.endPeriod('unscripted', 8, HOUR_MS);
    expect(await store.record('unscripted', GOOD, HOUR_MS)).toMatchObject({ endedBy: 8 });
  });
});

describe.each(CALLS)('%s', (_, ask) => {
  it('does not wait for a server that does not answer past the deadline', async () => {
    const store = await impostor(() => undefined, DEFAULT_CACHE_TIMEOUT_MS);
    await expect(ask(store)).rejects.toThrow('no answer within 50 ms');
  });

  it.each(['+OK\r\n', '$1\r\n1\r\n', '*0\r\n', '-ERR no\r\n'])(
    'is not counted by a server that answers %j',
    async (reply) => {
      const store = await impostor((socket) => socket.on('data', () => socket.write(reply)));
      await expect(ask(store)).rejects.toThrow();
    },
  );

  it('is not counted by a replica', async () => {
    const [primary, replica] = [await started('--repl-diskless-sync-delay', '0'), await started()];
    const admin = adminOf(replica);
    await admin.replicaof('127.0.0.1', primary.port);
    await vi.waitFor(async () => expect(await admin.info('replication')).toContain('link_status:up'), 10_000);
    await expect(ask(outcomes(LONG_MS, replica.url))).rejects.toThrow('READONLY');
  });

  it('is not counted by a server without memory (noeviction)', async () => {
    const full = await started('--maxmemory-policy', 'noeviction', '--maxmemory', '1');
    await expect(ask(outcomes(LONG_MS, full.url))).rejects.toThrow('OOM');
  });
});

it('nothing is counted by a server that is loading its data', async () => {
  const primary = await started('--repl-diskless-sync-delay', '0');
  await adminOf(primary).mset(Object.fromEntries(Array.from({ length: 1000 }, (_, key) => [key, 'x'.repeat(500)])));
  // It takes its time for each key, and answers meanwhile.
  const slow = ['--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024'];
  const replica = await started(...slow);
  const admin = adminOf(replica);
  const store = outcomes(LONG_MS, replica.url);
  await store.record('users', GOOD, 1000);
  await admin.replicaof('127.0.0.1', primary.port);
  await vi.waitFor(() => expect(admin.ping()).rejects.toThrow('LOADING'), { timeout: 10_000, interval: 20 });
  for (const [, ask] of CALLS) await expect(ask(store)).rejects.toThrow('LOADING');
});

describe('the key of a circuit’s outcomes that holds something else', () => {
  const KEY = 'outcomes:{users}';

  it('is begun anew by the next outcome; until then neither end nor retry is had of it', async () => {
    const server = await started();
    const [admin, counter] = [adminOf(server), outcomes(LONG_MS, server.url)];
    await admin.set(KEY, 'x');
    await expect(counter.endPeriod('users', 8, HOUR_MS)).rejects.toThrow('WRONGTYPE');
    await expect(counter.takeRetry('users', 0.1, HOUR_MS)).rejects.toThrow('WRONGTYPE');
    expect(await counter.record('users', FAILED, HOUR_MS)).toMatchObject({
      total: 1,
      failures: 1,
      slow: 0,
      endedBy: 0,
    });
    await admin.hset(KEY, 'ended', 'soon');
    expect(await counter.record('users', FAILED, HOUR_MS)).toMatchObject({
      total: 2,
      failures: 2,
      slow: 0,
      endedBy: 0,
    });
  });
});
