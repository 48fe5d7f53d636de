import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A real redis-server of the test's own, without persistence. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** @param port a free one by default; give the port of a stopped server to start it anew */
export async function startRedis(port?: number): Promise<TestRedis> {
  const onPort = port ?? (await freePort());
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-redis-'));
  const options = ['--port', String(onPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await ready(server);
  return {
    url: `redis://127.0.0.1:${onPort}`,
    port: onPort,
    process: server,
    stop: () => end(server, dir),
  };
}

/** Kills the server and removes its folder. */
export async function end(server: ChildProcess, dir: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }
  await rm(dir, { recursive: true, force: true });
}

async function ready(server: ChildProcess): Promise<void> {
  if (server.stdout === null) throw new Error('redis-server has no standard output');
  const failed = once(server, 'exit').then(([code]) => {
    throw new Error(`redis-server ended with ${code} before it was ready`);
  });
  const accepting = new Promise<void>((resolve) => {
    createInterface({ input: server.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  failed.catch(() => undefined);
  await Promise.race([accepting, failed]);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
