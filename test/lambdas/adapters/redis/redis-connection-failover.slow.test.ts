import { once } from 'node:events';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import {
  connectRedis,
  firstConnection,
  type RedisClient,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { closersOf } from '../../../support/closers.ts';
import { startRedis } from '../../../support/redis/redis.ts';
import { type ClusterNode, startRedisCluster, type TestRedisCluster } from '../../../support/redis/redis-cluster.ts';
import { relayTo } from '../../../support/redis/tcp-relay.ts';

const INCREMENT = "return redis.call('INCR', KEYS[1])";
/** One in each third of the slots. */
const KEYS = ['bar', 'c', 'a'] as const;

const closers = closersOf();

async function connected(url: string, cluster: boolean): Promise<RedisClient> {
  const client = connectRedis({ url, cluster }, () => undefined);
  closers.push(() => client.disconnect());
  expect(await firstConnection(client, 5000)).toBe(true);
  return client;
}

async function started(options: Parameters<typeof startRedisCluster>[0]): Promise<TestRedisCluster> {
  const cluster = await startRedisCluster(options);
  closers.push(cluster.stop);
  return cluster;
}

/** Names of the connections to a node; the test's own question is not among them. */
async function connectionsTo(node: ClusterNode): Promise<string[]> {
  const lines = String(await node.call('CLIENT', 'LIST', 'TYPE', 'normal'))
    .trim()
    .split('\n');
  return lines.filter((line) => !line.includes('cmd=client|list')).map((line) => /name=(\S*)/.exec(line)?.[1] ?? '');
}

const increment = (client: RedisClient, key: string) => client.eval(INCREMENT, 1, key);

async function kill(node: ClusterNode): Promise<void> {
  const exited = once(node.process, 'exit');
  node.process.kill('SIGKILL');
  await exited;
}

describe('an instance', () => {
  it.each([1, 3])(
    'has one connection to each of %i shards: none to replicas, none for events, none that reads slots',
    async (shards) => {
      const cluster = await started({ shards, replicas: 1 });
      const client = await connected(cluster.url, true);
      const primaries = cluster.nodes.filter(({ primary }) => primary === undefined);
      const replicas = cluster.nodes.filter(({ primary }) => primary !== undefined);
      const check = async () => {
        for (const node of primaries) expect(await connectionsTo(node)).toEqual(['']);
        for (const node of replicas) expect(await connectionsTo(node)).toEqual([]);
      };
      // Before the first commands, which need not wait for a connection then, and after them.
      await vi.waitFor(check);
      expect(await Promise.all(KEYS.map((key) => increment(client, key)))).toEqual([1, 1, 1]);
      await check();
    },
  );

  it('has one connection to a server', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const client = await connected(server.url, false);
    await increment(client, 'key');
    expect(
      String(await client.call('CLIENT', 'LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });
});

describe('a primary that is demoted', () => {
  it('redirects to its successor, and no command is lost', async () => {
    const cluster = await started({ shards: 3, replicas: 1 });
    const client = await connected(cluster.url, true);
    for (const key of KEYS) expect(await increment(client, key)).toBe(1);
    for (const node of cluster.nodes.slice(3)) await node.failover();
    for (const key of KEYS) expect(await increment(client, key)).toBe(2);
  });

  it('is left when it says READONLY: the name leads to another server by then', async () => {
    const [first, second] = [await startRedis(), await startRedis()];
    const relay = await relayTo(first.port);
    closers.push(first.stop, second.stop, relay.stop);
    const client = await connected(`redis://127.0.0.1:${relay.port}`, false);
    expect(await increment(client, 'key')).toBe(1);
    const admin = new Redis(first.port);
    closers.push(() => admin.disconnect());
    await admin.call('REPLICAOF', '127.0.0.1', second.port);
    relay.leadTo(second.port);
    await expect(increment(client, 'key')).rejects.toThrow('READONLY');
    await once(client, 'ready');
    expect(await increment(client, 'other')).toBe(1);
    expect(String(await client.call('INFO', 'replication'))).toContain('role:master');
  });
});

describe('a primary that is lost', () => {
  it.each([0, 2])('of shard %i fails commands at once, and its successor is found', async (shard) => {
    const cluster = await started({ shards: 3, replicas: 1 });
    const client = await connected(cluster.url, true);
    for (const key of KEYS) await increment(client, key);
    const [primary, replica] = [cluster.nodes[shard], cluster.nodes[3 + shard]] as [ClusterNode, ClusterNode];
    const others = KEYS.filter((_, index) => index !== shard);
    const key = KEYS[shard] as string;
    await kill(primary);
    await expect(increment(client, key)).rejects.toThrow();
    for (const other of others) expect(await increment(client, other)).toBe(2);
    await replica.failover();
    await vi.waitFor(() => increment(client, key), { timeout: 10_000, interval: 20 });
    for (const other of others) expect(await increment(client, other)).toBe(3);
  });
});

describe('a primary that hangs', () => {
  it('is done without, also when it is the one that the URL names', async () => {
    const cluster = await started({ shards: 3, replicas: 1 });
    const client = await connected(cluster.url, true);
    for (const key of KEYS) await increment(client, key);
    const [primary, replica] = [cluster.nodes[0], cluster.nodes[3]] as [ClusterNode, ClusterNode];
    primary.process.kill('SIGSTOP');
    await replica.failover();
    client.disconnect(true);
    for (const key of KEYS) {
      await vi.waitFor(() => increment(client, key), { timeout: 10_000, interval: 20 });
    }
    expect(await connectionsTo(replica)).toHaveLength(1);
  });
});

describe('a slot that is moving', () => {
  it('is asked for where its keys are already', async () => {
    const cluster = await started({ shards: 3 });
    const client = await connected(cluster.url, true);
    const [from, to] = cluster.nodes as [ClusterNode, ClusterNode];
    const [fromId, toId] = [await from.call('CLUSTER', 'MYID'), await to.call('CLUSTER', 'MYID')].map(String);
    const slot = Number(await from.call('CLUSTER', 'KEYSLOT', KEYS[0]));
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId as string);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId as string);
    expect(await increment(client, KEYS[0])).toBe(1);
    expect(await to.call('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(1);
  });
});
