import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fallbackLimiter } from '../../../../lambdas/adapters/limits/fallback-limiter.ts';
import { MemoryLimiter } from '../../../../lambdas/adapters/limits/memory-limiter.ts';
import { RedisLimiter } from '../../../../lambdas/adapters/limits/redis-limiter.ts';
import { RedisCommands } from '../../../../lambdas/adapters/redis/redis-commands.ts';
import {
  CONNECT_WAIT_MS,
  connectRedis,
  type RedisClient,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { PAUSES, StoreBreaker } from '../../../../lambdas/adapters/redis/store-breaker.ts';
import { DEFAULT_CACHE_TIMEOUT_MS } from '../../../../lambdas/contract/policy.ts';
import type { Decision } from '../../../../lambdas/core/limits/decision.ts';
import type { LimitRequest } from '../../../../lambdas/core/limits/limiter.ts';
import { TestClock } from '../../../support/clock.ts';
import { closersOf } from '../../../support/closers.ts';
import { servicePolicy, windowLimit } from '../../../support/policy.ts';
import { freePort, startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { startRedisCluster } from '../../../support/redis/redis-cluster.ts';
import { relayTo } from '../../../support/redis/tcp-relay.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const REQUEST: LimitRequest = {
  limits: [{ policy: windowLimit(1000, 3_600_000), scope: 'users', subject: 'sub:alice' }],
  identity: { client: 'sub:alice', tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1' },
  cost: 1,
  lease: 'request',
};
/** No client is revoked, and no limit is overridden. */
const NO_RULES = {
  isRevoked: async () => false,
  overrideFor: () => undefined,
  settled: () => undefined,
  invalidate: () => undefined,
  rebuild: () => undefined,
};
/** The longest wait of a decision; the rest is for a busy machine. */
const BOUND_MS = CONNECT_WAIT_MS + DEFAULT_CACHE_TIMEOUT_MS + 450;

interface Instance {
  readonly client: RedisClient;
  readonly changes: string[];
  /** @throws when the decision takes longer than it may */
  decide(): Promise<Decision>;
  /** Decides, with the breaker's pause over each time, until Redis counts again. */
  recovered(): Promise<void>;
}

const closers = closersOf();

/** One instance of a function: its connection to Redis, and its limiter with the fallback. */
function instance(url: string, cluster = false, timeoutMs = DEFAULT_CACHE_TIMEOUT_MS): Instance {
  const clock = new TestClock();
  const changes: string[] = [];
  const client = connectRedis({ url, cluster }, () => undefined);
  closers.push(() => client.disconnect());
  const redis = new RedisCommands(client, timeoutMs);
  const breaker = new StoreBreaker({
    probe: () => redis.probe(),
    clock: clock.now,
    random: () => 0,
    onChange: (change) => changes.push(change),
    onFailure: () => undefined,
  });
  const limiter = fallbackLimiter({
    shared: new RedisLimiter({ redis, policy: servicePolicy(), rules: NO_RULES }),
    local: new MemoryLimiter({ clock: clock.now, shared: false, rules: NO_RULES }),
    breaker,
    rules: NO_RULES,
  });
  const decide = async () => {
    const startedAtMs = performance.now();
    const { decisions } = await limiter.decide(REQUEST);
    expect(performance.now() - startedAtMs).toBeLessThan(BOUND_MS);
    return decisions[0] as Decision;
  };
  return {
    client,
    changes,
    decide,
    recovered: () =>
      vi.waitFor(
        async () => {
          clock.advance(PAUSES.longest);
          await decide();
          expect(changes.at(-1)).toBe('recovered');
        },
        { timeout: 15_000, interval: 20 },
      ),
  };
}

async function started(start: () => Promise<TestRedis>): Promise<TestRedis> {
  const server = await start();
  closers.push(server.stop);
  return server;
}

/** A connection of the test's own. */
async function adminOf({ port }: TestRedis): Promise<Redis> {
  const admin = new Redis(port);
  closers.push(() => admin.disconnect());
  return admin;
}

describe.each([
  ['a server', startRedis, false],
  ['a cluster', startRedisCluster, true],
] as const)('with %s', (_, start, cluster) => {
  let server: TestRedis;
  // A node of a cluster serves its slots only two seconds after its start.
  beforeAll(async () => {
    server = await start();
  });
  beforeEach(async () => {
    const admin = await adminOf(server);
    await admin.flushall();
    await admin.script('FLUSH');
  });
  afterAll(() => server?.stop());

  it('the first decision of an instance is counted there', async () => {
    const [one, other] = [instance(server.url, cluster, 5000), instance(server.url, cluster, 5000)];
    expect(await one.decide()).toMatchObject({ remaining: 999 });
    expect(await other.decide()).toMatchObject({ remaining: 998 });
    expect([...one.changes, ...other.changes]).toEqual([]);
  });

  it('a stopped process (SIGSTOP) delays no decision for long, and counts again when it goes on', async () => {
    const gate = instance(server.url, cluster);
    await gate.decide();
    server.process.kill('SIGSTOP');
    closers.push(() => server.process.kill('SIGCONT'));
    const decisions = await Promise.all(Array.from({ length: 20 }, () => gate.decide()));
    expect(decisions.every(({ allowed }) => allowed)).toBe(true);
    expect(gate.changes).toEqual(['lost']);
    server.process.kill('SIGCONT');
    await gate.recovered();
  });

  it('a connection that the server closes (CLIENT KILL) is opened anew', async () => {
    const gate = instance(server.url, cluster);
    await gate.decide();
    const admin = await adminOf(server);
    const closed = once(gate.client, 'close');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await closed;
    await gate.decide();
    await gate.recovered();
  });

  // The last test: it takes the server away.
  it('a killed process (kill -9) ends the commands that wait for it before their deadline', async () => {
    const gate = instance(server.url, cluster, 10_000);
    await gate.decide();
    server.process.kill('SIGSTOP');
    const decisions = Promise.all(Array.from({ length: 20 }, () => gate.decide()));
    server.process.kill('SIGKILL');
    expect((await decisions).every(({ allowed }) => allowed)).toBe(true);
    expect(gate.changes).toEqual(['lost']);
  });
});

describe('a server that comes back', () => {
  it('counts again, though it has forgotten its scripts', async () => {
    const server = await started(() => startRedis());
    const gate = instance(server.url);
    await gate.decide();
    await server.stop();
    await gate.decide();
    expect(gate.changes).toEqual(['lost']);
    await started(() => startRedis({ port: server.port }));
    await gate.recovered();
    expect(gate.changes).toEqual(['lost', 'recovered']);
  });
});

describe('a connection that has gone silent without being closed', () => {
  it('is given up after a few commands, and a new one counts', async () => {
    const server = await started(() => startRedis());
    const relay = await relayTo(server.port);
    closers.push(relay.stop);
    const gate = instance(`redis://127.0.0.1:${relay.port}`);
    await gate.decide();
    relay.blackhole();
    await gate.decide();
    expect(gate.changes).toEqual(['lost']);
    await gate.recovered();
  });
});

describe('a server that is none', () => {
  it.each([
    ['answers garbage', (socket) => socket.on('data', () => socket.write('\u0000\u0001garbage\r\n'))],
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['says too much', (socket) => socket.write(':1\r\n'.repeat(1000))],
    ['promises 512 MB and sends nothing', (socket) => socket.on('data', () => socket.write('$536870912\r\n'))],
    ['says nothing', () => undefined],
    ['closes at once', (socket) => socket.end()],
    ['resets at once', (socket) => socket.resetAndDestroy()],
  ] as [string, Parameters<typeof serveTcp>[0]][])('and %s delays no decision for long', async (_, onConnection) => {
    const impostor = await serveTcp(onConnection);
    closers.push(impostor.stop);
    const gate = instance(impostor.url.replace('http:', 'redis:'));
    const decisions = await Promise.all(Array.from({ length: 5 }, () => gate.decide()));
    expect(decisions.map(({ remaining }) => remaining)).toEqual([999, 998, 997, 996, 995]);
    expect(gate.changes).toEqual(['lost']);
  });

  it.each([false, true])(
    'at a port where nobody listens (cluster: %j) delays no decision for long',
    async (cluster) => {
      const gate = instance(`redis://127.0.0.1:${await freePort()}`, cluster);
      expect(await gate.decide()).toMatchObject({ allowed: true, remaining: 999 });
      expect(gate.changes).toEqual(['lost']);
    },
  );
});

describe('a URL', () => {
  /** What a client says first to the server of a URL. */
  async function firstWords(urlOf: (port: number) => string): Promise<string> {
    const words = Promise.withResolvers<string>();
    const server = await serveTcp((socket) => {
      socket.once('data', (data) => words.resolve(data.toString('latin1')));
    });
    closers.push(server.stop);
    instance(urlOf(server.port));
    return words.promise;
  }

  it('with a user and an encoded password authenticates as that user', async () => {
    const words = await firstWords((port) => `redis://us%40er:p%2Fa%25ss@127.0.0.1:${port}`);
    expect(words).toContain('us@er\r\n$6\r\np/a%ss\r\n');
  });

  it('of rediss begins with a TLS handshake', async () => {
    const words = await firstWords((port) => `rediss://localhost:${port}`);
    expect(words.charCodeAt(0)).toBe(0x16);
  });
});
