import type { RedisEndpoint } from '../../../lambdas/adapters/redis/redis-connection.ts';
import { connectRedis, firstConnection, type RedisClient } from '../../../lambdas/adapters/redis/redis-connection.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { startRedisCluster } from './redis-cluster.ts';

/** A Redis of some shape, and connections to it as the functions make them. */
export interface RedisTarget {
  readonly endpoint: RedisEndpoint;
  /** A further connection, which stands; the target closes it. */
  connect(): Promise<RedisClient>;
  stop(): Promise<void>;
}

export interface RedisShape {
  readonly name: string;
  start(): Promise<RedisTarget>;
}

export const SINGLE: RedisShape = { name: 'a server', start: () => target(startRedis(), false) };

/** What must hold on a server must hold on each of these. */
export const SHAPES: readonly RedisShape[] = [
  SINGLE,
  { name: 'a cluster of three shards', start: () => target(startRedisCluster({ shards: 3 }), true) },
  {
    name: 'a cluster of three shards with TLS',
    start: () => target(startRedisCluster({ shards: 3, tls: true }), true),
  },
];

async function target(starting: Promise<TestRedis>, cluster: boolean): Promise<RedisTarget> {
  const server = await starting;
  const endpoint = { url: server.url, cluster, ...(server.ca === undefined ? {} : { ca: server.ca }) };
  const clients: RedisClient[] = [];
  return {
    endpoint,
    connect: async () => {
      const client = connectRedis(endpoint, () => undefined);
      clients.push(client);
      await firstConnection(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.disconnect();
      await server.stop();
    },
  };
}
