import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { requestKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import { RedisLimiter } from '../../../../lambdas/adapters/limits/redis-limiter.ts';
import { RedisCommands } from '../../../../lambdas/adapters/redis/redis-commands.ts';
import { connectRedis } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import { NO_RULES, requestOf } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';

// Redis that answers, but cannot count: a decision fails, and what is said is true.

const HOUR_MS = 3_600_000;
const POLICY = servicePolicy();
const WINDOW = windowLimit(2, HOUR_MS);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(...args: string[]): Promise<TestRedis> {
  const server = await startRedis({ args });
  closers.push(server.stop);
  return server;
}

function adminOf({ port }: TestRedis): Redis {
  const admin = new Redis(port);
  closers.push(() => admin.disconnect());
  return admin;
}

interface Instance {
  readonly redis: RedisCommands;
  readonly limiter: RedisLimiter;
  decide(client: string, policy?: LimitPolicy): Promise<LimitResult>;
}

function instance({ url }: TestRedis): Instance {
  const client = connectRedis({ url, cluster: false }, () => undefined);
  closers.push(() => client.disconnect());
  const redis = new RedisCommands(client, 10_000);
  const limiter = new RedisLimiter({ redis, policy: POLICY, rules: NO_RULES });
  return { redis, limiter, decide: (client, policy = WINDOW) => limiter.decide(requestOf(client, [policy])) };
}

async function replicate(replica: TestRedis, primary: TestRedis): Promise<Redis> {
  const admin = adminOf(replica);
  await admin.replicaof('127.0.0.1', primary.port);
  return admin;
}

/** Marks the copies of the rules as complete, so that nothing is written for them. */
async function complete(admin: Redis, client: string): Promise<void> {
  await admin.hset(requestKeys(POLICY)(requestOf(client, []))[0], '@', Date.now());
}

describe('a server that has become a replica', () => {
  it('lets nobody pass, and counts again when it is a primary', async () => {
    const [primary, replica] = [await started('--repl-diskless-sync-delay', '0'), await started()];
    const admin = await replicate(replica, primary);
    await vi.waitFor(async () => expect(await admin.info('replication')).toContain('link_status:up'), 10_000);
    const gate = instance(replica);
    await expect(gate.decide('sub:alice')).rejects.toThrow('READONLY');
    await vi.waitFor(() => expect(gate.redis.probe()).rejects.toThrow('READONLY'));

    await admin.replicaof('NO', 'ONE');
    await vi.waitFor(async () => expect(await gate.decide('sub:alice')).toMatchObject({ outcome: 'allowed' }), 10_000);
  });

  it('refuses whoever has used up a limit, as the primary would', async () => {
    const [primary, replica] = [await started('--repl-diskless-sync-delay', '0'), await started()];
    const counting = instance(primary);
    await complete(adminOf(primary), 'sub:alice');
    for (const outcome of ['allowed', 'allowed', 'refused']) {
      expect(await counting.decide('sub:alice')).toMatchObject({ outcome });
    }
    const admin = await replicate(replica, primary);
    await vi.waitFor(async () => expect(await admin.info('replication')).toContain('link_status:up'), 10_000);
    expect(await instance(replica).decide('sub:alice')).toMatchObject({
      outcome: 'refused',
      decisions: [{ allowed: false, remaining: 0 }],
    });
  });
});

describe('a server without memory (noeviction)', () => {
  it('lets nobody pass and charges nothing, and counts again when it has some', async () => {
    const server = await started('--maxmemory-policy', 'noeviction');
    const admin = adminOf(server);
    const gate = instance(server);
    await complete(admin, 'sub:alice');
    expect(await gate.decide('sub:alice')).toMatchObject({ decisions: [{ remaining: 1 }] });
    await admin.config('SET', 'maxmemory', '1mb');
    for (const policy of [WINDOW, windowLimit(5000, HOUR_MS), bucketLimit(1, 5), concurrencyLimit(5)]) {
      await expect(gate.decide('sub:alice', policy)).rejects.toThrow('OOM');
    }
    // Where the copies of the rules are to be made anew.
    await expect(gate.decide('sub:other')).rejects.toThrow('OOM');
    await expect(gate.redis.probe()).rejects.toThrow('OOM');

    await admin.config('SET', 'maxmemory', '0');
    expect(await gate.decide('sub:alice')).toMatchObject({ decisions: [{ remaining: 0 }] });
    expect(await gate.decide('sub:alice')).toMatchObject({ outcome: 'refused' });
  });

  it('takes leases back nevertheless', async () => {
    const server = await started();
    const gate = instance(server);
    const policy = concurrencyLimit(1);
    await gate.decide('sub:alice', policy);
    const admin = adminOf(server);
    await admin.config('SET', 'maxmemory', '1mb');
    await gate.limiter.release(requestOf('sub:alice', [policy]));
    await admin.config('SET', 'maxmemory', '0');
    expect(await gate.decide('sub:alice', policy)).toMatchObject({ outcome: 'allowed' });
  });
});

describe('a server that is loading its data', () => {
  it('lets nobody pass', async () => {
    const primary = await started('--repl-diskless-sync-delay', '0');
    await adminOf(primary).mset(Object.fromEntries(Array.from({ length: 1000 }, (_, key) => [key, 'x'.repeat(500)])));
    // It takes its time for each key, and answers meanwhile.
    const slow = ['--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024'];
    const replica = await started(...slow);
    const gate = instance(replica);
    expect(await gate.decide('sub:alice')).toMatchObject({ outcome: 'allowed' });
    const admin = await replicate(replica, primary);
    await vi.waitFor(() => expect(admin.ping()).rejects.toThrow('LOADING'), { timeout: 10_000, interval: 20 });
    await expect(gate.decide('sub:alice')).rejects.toThrow('LOADING');
  });
});

describe('a key that holds something else', () => {
  const POLICIES = [WINDOW, windowLimit(5000, HOUR_MS), bucketLimit(1, 5), concurrencyLimit(5)];

  it.each(POLICIES)('fails a decision, instead of making it wrong: $kind', async (policy) => {
    const server = await started();
    const [admin, gate] = [adminOf(server), instance(server)];
    const [rules = '', key = ''] = requestKeys(POLICY)(requestOf('sub:alice', [policy]));
    await admin.lpush(key, 'x');
    await expect(gate.decide('sub:alice', policy)).rejects.toThrow('WRONGTYPE');
    await admin.set(key, 'x');
    await expect(gate.decide('sub:alice', policy)).rejects.toThrow();
    await admin.del(key);
    await admin.set(rules, 'x');
    await expect(gate.decide('sub:alice', policy)).rejects.toThrow('WRONGTYPE');
    await admin.del(rules);
    await admin.hset(rules, 'sub:alice', '1 {"l":');
    await expect(gate.decide('sub:alice', policy)).rejects.toThrow();
    await admin.del(rules);
    expect(await gate.decide('sub:alice', policy)).toMatchObject({ outcome: 'allowed' });
  });

  it('fails all limits of the request, and charges none of them', async () => {
    const server = await started();
    const [admin, gate] = [adminOf(server), instance(server)];
    const broken = windowLimit(5, HOUR_MS, { name: 'broken' });
    const request = requestOf('sub:alice', [WINDOW, broken]);
    const key = requestKeys(POLICY)(request)[2] ?? '';
    await admin.lpush(key, 'x');
    await expect(gate.limiter.decide(request)).rejects.toThrow('WRONGTYPE');
    await admin.del(key);
    expect(await gate.limiter.decide(request)).toMatchObject({ decisions: [{ remaining: 1 }, { remaining: 4 }] });
  });
});
