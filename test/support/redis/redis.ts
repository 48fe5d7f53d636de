import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { certificate } from '../certificate.ts';

/** A real redis-server of the test's own, without persistence. */
export interface TestRedis {
  /** `redis://127.0.0.1:port`, or `rediss://localhost:port`. */
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** PEM of the authority that a client must trust; undefined without TLS. */
  readonly ca: string | undefined;
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** @default - a free one; give the port of a stopped server to start it anew */
  readonly port?: number;
  /** Whether the port speaks TLS, and TLS alone. @default false */
  readonly tls?: boolean;
  /** Lines of an ACL file: `user alice on >secret ~* +get`. @default - everybody may do everything */
  readonly acl?: readonly string[];
  /** Further arguments of redis-server. */
  readonly args?: readonly string[];
}

export async function startRedis({ port, tls = false, acl, args = [] }: TestRedisOptions = {}): Promise<TestRedis> {
  const onPort = port ?? (await freePort());
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-redis-'));
  const listen = tls ? await tlsArguments(onPort, dir) : ['--port', String(onPort)];
  const bare = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
  const users = acl ? await aclArguments(acl, dir) : [];
  const server = spawn('redis-server', [...listen, ...bare, ...users, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await ready(server);
  return {
    url: tls ? `rediss://localhost:${onPort}` : `redis://127.0.0.1:${onPort}`,
    port: onPort,
    process: server,
    ca: tls ? (await certificate()).cert : undefined,
    stop: () => end(server, dir),
  };
}

async function tlsArguments(port: number, dir: string): Promise<string[]> {
  const { cert, key } = await certificate();
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key, { mode: 0o600 })]);
  const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
  return ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files];
}

async function aclArguments(lines: readonly string[], dir: string): Promise<string[]> {
  const file = join(dir, 'users.acl');
  await writeFile(file, `${lines.join('\n')}\n`);
  return ['--aclfile', file];
}

/** Kills the server and removes its folder. */
async function end(server: ChildProcess, dir: string): Promise<void> {
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
  const [port] = await freePorts(1);
  return port as number;
}

/** So many different ones: all are held before the first is let go. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(
    servers.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
}
