import { fork } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_TIMEOUT_MS, RedisCounters } from '../../../lambdas/adapters/redis-counters.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { serveTcp } from '../../support/upstream.ts';

const HOUR_MS = 3_600_000;

let server: TestRedis;
const clients: Redis[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

/** Counters on a connection of their own, whose deadline no busy machine misses. */
function counters(timeoutMs = 10_000): RedisCounters {
  const client = new Redis(server.url);
  client.on('error', () => undefined);
  clients.push(client);
  return new RedisCounters(client, timeoutMs);
}

function allowedOf(decisions: readonly { allowed: boolean }[]): number {
  return decisions.filter(({ allowed }) => allowed).length;
}

describe('a limit', () => {
  it.each([1, 7, 100])('of %d admits exactly as many over twelve connections at once', async (limit) => {
    const policy = { limit, windowMs: HOUR_MS };
    const decisions = await Promise.all(
      Array.from({ length: 12 }, () => counters()).flatMap((store) =>
        Array.from({ length: 20 }, () => store.decide(`crowd-${limit}`, policy)),
      ),
    );
    expect(allowedOf(decisions)).toBe(Math.min(limit, 240));
    const remaining = decisions.filter(({ allowed }) => allowed).map((decision) => decision.remaining);
    expect(remaining.toSorted((a, b) => a - b)).toEqual(Array.from({ length: limit }, (_, index) => index));
  });

  it('admits exactly as many over several processes at once', async () => {
    const processes = Array.from({ length: 4 }, () =>
      fork(new URL('./knocking-process.ts', import.meta.url), [server.url, 'processes', '50', '40']),
    );
    const admitted = await Promise.all(processes.map(async (child) => Number((await once(child, 'message'))[0])));
    expect(admitted.reduce((sum, count) => sum + count, 0)).toBe(50);
  });

  it('is one for each subject', async () => {
    const store = counters();
    const policy = { limit: 1, windowMs: HOUR_MS };
    const subjects = [
      'a',
      'b',
      'a}',
      '{a',
      '',
      ' ',
      'a\u0000',
      'a\n',
      'é',
      'e\u0301',
      'A',
      '😀',
      'x'.repeat(10_000),
      'x'.repeat(9999),
    ];
    for (const subject of subjects) {
      expect([subject, (await store.decide(subject, policy)).allowed]).toEqual([subject, true]);
      expect([subject, (await store.decide(subject, policy)).allowed]).toEqual([subject, false]);
    }
  });

  it('counts anew when the policy changes, since a ring of another length cannot be read', async () => {
    const store = counters();
    expect(await store.decide('changed', { limit: 1, windowMs: HOUR_MS })).toMatchObject({
      allowed: true,
      remaining: 0,
    });
    expect(await store.decide('changed', { limit: 2, windowMs: HOUR_MS })).toMatchObject({
      allowed: true,
      remaining: 1,
    });
    expect(await store.decide('changed', { limit: 2, windowMs: 2 * HOUR_MS })).toMatchObject({ remaining: 1 });
  });

  it('takes a subject of any characters and 10,000 of them, and gives it a short key', async () => {
    const store = counters();
    const policy = { limit: 1000, windowMs: HOUR_MS };
    const subject = fc.string({ unit: 'binary' });
    const subjects = fc.oneof(
      subject,
      subject.map((start) => start.padEnd(10_000, 'é')),
    );
    await fc.assert(
      fc.asyncProperty(subjects, async (subject) => {
        expect(await store.decide(subject, policy)).toMatchObject({ allowed: true, limit: 1000 });
      }),
      { numRuns: 50 },
    );
    const [client] = clients;
    for (const key of (await client?.keys('limit:*')) ?? []) expect(key).toMatch(/^limit:\{[\w-]{22}\}:\d+:\d+$/);
  });

  it('tells a refused client when to come back', async () => {
    const store = counters();
    const policy = { limit: 1, windowMs: HOUR_MS };
    await store.decide('told', policy);
    const { resetMs, remaining, limit } = await store.decide('told', policy);
    expect({ remaining, limit }).toEqual({ remaining: 0, limit: 1 });
    expect(resetMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(resetMs).toBeLessThanOrEqual(HOUR_MS);
  });
});

describe('outcomes', () => {
  it('are counted together over several connections', async () => {
    const stores = Array.from({ length: 5 }, () => counters());
    await Promise.all(
      stores.flatMap((store) => [true, false, false].map((failed) => store.record('shared', failed, HOUR_MS))),
    );
    expect(await stores[0]?.record('shared', true, HOUR_MS)).toEqual({ total: 16, failures: 6 });
  });

  it('of two circuits are counted apart', async () => {
    const store = counters();
    await store.record('gateway/users/1', true, HOUR_MS);
    expect(await store.record('gateway/users/2', false, HOUR_MS)).toEqual({ total: 1, failures: 0 });
  });
});

describe('a store that forgot the scripts', () => {
  it('is given them again: NOSCRIPT is no failure', async () => {
    const store = counters();
    const policy = { limit: 3, windowMs: HOUR_MS };
    await store.decide('forgotten', policy);
    await clients.at(-1)?.script('FLUSH');
    expect(await store.decide('forgotten', policy)).toMatchObject({ allowed: true, remaining: 1 });
    await clients.at(-1)?.script('FLUSH');
    expect(await store.record('forgotten', true, HOUR_MS)).toEqual({ total: 1, failures: 1 });
  });
});

describe('the deadline of a command', () => {
  it('ends the wait for a server that does not answer', async () => {
    const silent = await serveTcp(() => undefined);
    const client = new Redis({ port: silent.port, enableReadyCheck: false, disableClientInfo: true });
    client.on('error', () => undefined);
    clients.push(client);
    const store = new RedisCounters(client);
    await expect(store.decide('x', { limit: 5, windowMs: 1000 })).rejects.toThrow('no answer within 50 ms');
    client.disconnect();
    await silent.stop();
  });

  it('does not give up an answer that came in time while this process could not run', async () => {
    const store = counters(COMMAND_TIMEOUT_MS);
    const policy = { limit: 5, windowMs: HOUR_MS };
    await store.decide('blocked', policy);
    const decided = store.decide('blocked', policy);
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * COMMAND_TIMEOUT_MS);
    expect(await decided).toMatchObject({ allowed: true, remaining: 3 });
  });
});

describe('a server that is no counter', () => {
  it.each([
    '+OK\r\n',
    ':1\r\n',
    '$1\r\nx\r\n',
    '*0\r\n',
    '*2\r\n:1\r\n:1\r\n',
    '*3\r\n$1\r\n1\r\n:1\r\n:1\r\n',
    '$-1\r\n',
    '-ERR no\r\n',
  ])('and answers %j is not believed', async (reply) => {
    const impostor = await serveTcp((socket) => socket.on('data', () => socket.write(reply)));
    const client = new Redis({ port: impostor.port, enableReadyCheck: false, disableClientInfo: true });
    client.on('error', () => undefined);
    clients.push(client);
    const store = new RedisCounters(client);
    await expect(store.decide('x', { limit: 5, windowMs: 1000 })).rejects.toThrow();
    client.disconnect();
    await impostor.stop();
  });
});
