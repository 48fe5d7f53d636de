import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '../../test/support/redis/redis.ts';
import { startRedisCluster } from '../../test/support/redis/redis-cluster.ts';
import { relayTo } from '../../test/support/redis/tcp-relay.ts';

/** A Redis of its own, and what befalls it. */
export interface Stage {
  readonly url: string;
  readonly cluster: boolean;
  /** Resolves when Redis serves again. */
  befall(): Promise<void>;
  stop(): Promise<void>;
}

export interface Condition {
  readonly name: string;
  start(): Promise<Stage>;
}

/** How long each of them lasts, but for the failover, which takes what it takes. */
const LASTS_MS = 3000;

export const CONDITIONS: readonly Condition[] = [
  { name: 'healthy', start: () => server(async () => pause(LASTS_MS)) },
  {
    name: 'stopped (SIGSTOP)',
    start: () =>
      server(async ({ process }) => {
        process.kill('SIGSTOP');
        await pause(LASTS_MS);
        process.kill('SIGCONT');
      }),
  },
  { name: 'killed (kill -9), started anew', start: killed },
  { name: 'stalls of 200 ms (DEBUG SLEEP)', start: stalling },
  { name: 'failing over (cluster)', start: failingOver },
];

type Server = Awaited<ReturnType<typeof startRedis>>;

async function server(befall: (server: Server) => Promise<unknown>, args: readonly string[] = []): Promise<Stage> {
  const redis = await startRedis({ args });
  return {
    url: redis.url,
    cluster: false,
    befall: async () => {
      await befall(redis);
    },
    stop: redis.stop,
  };
}

async function killed(): Promise<Stage> {
  const servers = [await startRedis()] as [Server, ...Server[]];
  const [{ url, port, process }] = servers;
  return {
    url,
    cluster: false,
    befall: async () => {
      const exited = once(process, 'exit');
      process.kill('SIGKILL');
      await exited;
      await pause(LASTS_MS);
      servers.push(await startRedis({ port }));
    },
    stop: async () => {
      await Promise.all(servers.map(({ stop }) => stop()));
    },
  };
}

/** It answers for 50 ms at a time, and then for 200 ms not. */
function stalling(): Promise<Stage> {
  return server(
    async ({ port }) => {
      const admin = new Redis(port);
      const endMs = performance.now() + LASTS_MS;
      while (performance.now() < endMs) {
        await admin.call('DEBUG', 'SLEEP', 0.2);
        await pause(50);
      }
      admin.disconnect();
    },
    ['--enable-debug-command', 'yes'],
  );
}

/** The only primary is killed; its replica is made the successor a second later, and the cluster's name leads there. */
async function failingOver(): Promise<Stage> {
  const cluster = await startRedisCluster({ shards: 1, replicas: 1 });
  const name = await relayTo(cluster.port);
  const [primary, replica] = cluster.nodes;
  if (primary === undefined || replica === undefined) throw new Error('a primary and a replica make the cluster');
  return {
    url: `redis://127.0.0.1:${name.port}`,
    cluster: true,
    befall: async () => {
      const exited = once(primary.process, 'exit');
      primary.process.kill('SIGKILL');
      await exited;
      await pause(1000);
      await replica.failover();
      name.leadTo(replica.port);
    },
    stop: async () => {
      await Promise.all([cluster.stop(), name.stop()]);
    },
  };
}
