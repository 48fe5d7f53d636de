import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { RedisOutcomes } from '../../lambdas/adapters/circuit/redis-outcomes.ts';
import { RedisLimiter } from '../../lambdas/adapters/limits/redis-limiter.ts';
import { RuleCopies } from '../../lambdas/adapters/limits/rule-copies.ts';
import { RedisCommands } from '../../lambdas/adapters/redis/redis-commands.ts';
import { connectRedis, firstConnection, type RedisClient } from '../../lambdas/adapters/redis/redis-connection.ts';
import type { Rule } from '../../lambdas/contract/limits/operator-rule.ts';
import type { LimitRequest } from '../../lambdas/core/limits/limiter.ts';
import { ACCESS_STRING, DATA_COMMANDS } from '../../lib/foundation/access-string.ts';
import { FAILED, GOOD } from '../support/circuit/outcomes.ts';
import { closersOf } from '../support/closers.ts';
import { NO_RULES } from '../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../support/policy.ts';
import { startRedis } from '../support/redis/redis.ts';
import { type ClusterNode, startRedisCluster } from '../support/redis/redis-cluster.ts';

const LAMBDAS = join(import.meta.dirname, '../../lambdas');
const POLICY = servicePolicy();
const RULES: readonly Rule[] = [
  {
    id: 'sub:alice',
    version: 1,
    revocation: null,
    limits: { client: { limit: 5, ratePerS: null, untilMs: 0 } },
    reason: '',
  },
  { id: 'sub:mallory', version: 1, revocation: { untilMs: 0, reason: '' }, limits: {}, reason: '' },
];

const closers = closersOf();

/** A user without a password takes any: what IAM would check is not what this is about. */
const user = (name: string) => ['ACL', 'SETUSER', name, 'nopass', ...ACCESS_STRING.split(' ')] as const;

/** Names of commands in the functions' code, those of their scripts included. */
function commandsInCode(): string[] {
  const known = new Set(new Redis({ lazyConnect: true }).getBuiltinCommands());
  const found = new Set<string>();
  for (const entry of readdirSync(LAMBDAS, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const code = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [, inScript, direct] of code.matchAll(/(?<!#)\bcall\('(\w+)'|\bclient\.(\w+)\(/g)) {
      const command = (inScript ?? direct ?? '').toLowerCase();
      if (inScript !== undefined || known.has(command)) found.add(command);
    }
  }
  return [...found].sort();
}

function request(subject: string): LimitRequest {
  const policies = [
    windowLimit(100, 1000),
    windowLimit(1_000_000, 60_000, { name: 'sliced' }),
    bucketLimit(10, 10),
    concurrencyLimit(2),
  ];
  return {
    limits: policies.map((policy) => ({ policy, scope: 'users', subject })),
    identity: { client: subject, tenant: '', plan: '', token: '', ip: '' },
    cost: 1,
    lease: 'lease',
  };
}

/** All that the functions do there. */
async function useAll(client: RedisClient): Promise<void> {
  const copies = new RuleCopies(client, POLICY.gateway);
  const redis = new RedisCommands(client, 5000);
  const limiter = new RedisLimiter({ redis, policy: POLICY, rules: NO_RULES });
  const outcomes = new RedisOutcomes(redis);
  await limiter.decide(request('sub:bob'));
  expect(await copies.rebuild(async () => RULES)).toBe(true);
  for (const rule of RULES) await copies.push({ ...rule, version: 2 });
  expect((await limiter.decide(request('sub:mallory'))).outcome).toBe('revoked');
  for (let times = 0; times < 3; times += 1) await limiter.decide(request('sub:alice'));
  await limiter.release(request('sub:alice'));
  for (const outcome of [GOOD, GOOD, FAILED]) await outcomes.record('users', outcome, 10_000);
  await outcomes.takeRetry('users', 1, 10_000);
  await outcomes.endPeriod('users', 7, 10_000);
  expect(await outcomes.record('users', GOOD, 10_000)).toMatchObject({ endedBy: 7 });
  await redis.probe();
}

describe('the user of the cache', () => {
  it('may call what the functions and their scripts call, and no other command on data', () => {
    expect(DATA_COMMANDS).toEqual(commandsInCode());
  });

  it('may do all that the functions do', async () => {
    const server = await startRedis();
    const admin = new Redis(server.port);
    closers.push(server.stop, () => admin.disconnect());
    await admin.call(...user('gateway'));
    const client = connectRedis({ url: server.url.replace('//', '//gateway:any@'), cluster: false }, () => undefined);
    closers.push(() => client.disconnect());
    const connected = firstConnection(client, 5000);
    await connected;
    await useAll(client);
    expect(await admin.call('ACL', 'LOG')).toEqual([]);
  });

  it.each([
    'FLUSHALL',
    'FLUSHDB',
    'KEYS *',
    'SCAN 0',
    'RANDOMKEY',
    'DEL key',
    'CONFIG GET *',
    'INFO',
    'MONITOR',
    'ACL WHOAMI',
    'CLIENT LIST',
    'CLIENT KILL TYPE normal',
    'CLUSTER RESET',
    'SCRIPT FLUSH',
    'FUNCTION FLUSH',
    'REPLICAOF NO ONE',
    'SHUTDOWN',
    'SUBSCRIBE channel',
    "EVAL redis.call('FLUSHALL') 0",
    "EVAL redis.call('RANDOMKEY') 0",
  ])('may not say %s', async (words) => {
    const server = await startRedis();
    const admin = new Redis(server.port);
    closers.push(server.stop, () => admin.disconnect());
    await admin.call(...user('gateway'));
    const client = new Redis({ port: server.port, username: 'gateway', password: 'any', enableReadyCheck: false });
    closers.push(() => client.disconnect());
    const [command = '', ...args] = words.split(' ');
    await expect(client.call(command, ...args)).rejects.toThrow(/^NOPERM|can't run this command/);
  });

  it('may follow a cluster: its slots, keys on their way, primaries and replicas that change places', async () => {
    const cluster = await startRedisCluster({ shards: 3, replicas: 1 });
    closers.push(cluster.stop);
    const everywhere = (...[command, ...args]: readonly [string, ...string[]]) =>
      Promise.all(cluster.nodes.map((node) => node.call(command, ...args)));
    await everywhere(...user('gateway'));
    const client = connectRedis({ url: cluster.url.replace('//', '//gateway:any@'), cluster: true }, () => undefined);
    closers.push(() => client.disconnect());
    await firstConnection(client, 5000);
    await useAll(client);

    await moveSlotOf('key', cluster.nodes[2] as ClusterNode, cluster.nodes[0] as ClusterNode);
    expect(await client.eval("return redis.call('SET', KEYS[1], '1')", 1, 'key')).toBe('OK');
    for (const node of cluster.nodes.slice(3)) await node.failover();
    await vi.waitFor(() => useAll(client), { timeout: 10_000, interval: 50 });
    expect(await everywhere('ACL', 'LOG')).toEqual(cluster.nodes.map(() => []));
  });
});

/** Leaves the slot half-way: new keys are where it goes to already. */
async function moveSlotOf(key: string, from: ClusterNode, to: ClusterNode): Promise<void> {
  const slot = Number(await from.call('CLUSTER', 'KEYSLOT', key));
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(await from.call('CLUSTER', 'MYID')));
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await to.call('CLUSTER', 'MYID')));
}
