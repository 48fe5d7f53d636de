import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { end, freePort, type TestRedis } from './redis.ts';

/** A cluster of one node, which holds all slots: what ElastiCache Serverless shows to its clients. */
export async function startRedisCluster(): Promise<TestRedis> {
  const [port, busPort] = [await freePort(), await freePort()];
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-redis-'));
  const network = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--cluster-announce-ip', '127.0.0.1'];
  const server = spawn('redis-server', [...network, ...cluster], { stdio: ['ignore', 'ignore', 'inherit'] });
  await takeAllSlots(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    process: server,
    stop: () => end(server, dir),
  };
}

async function takeAllSlots(port: number): Promise<void> {
  const admin = new Redis({ port, maxRetriesPerRequest: null, enableReadyCheck: false });
  admin.on('error', () => undefined);
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await vi.waitFor(
    async () => {
      if (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) throw new Error('no cluster yet');
    },
    { timeout: 20_000, interval: 20 },
  );
  admin.disconnect();
}
