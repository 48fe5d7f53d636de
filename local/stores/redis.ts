import { connect } from 'node:net';
import { UserError } from '../user-error.ts';
import { findRedisServer, spawnRedis } from './redis-server.ts';

/** Where limits are counted: a server of our own, one that runs already, or each function's memory. */
export type RedisChoice = 'spawn' | 'memory' | { readonly url: string };

export interface RedisStore {
  /** Null: each function counts in its own memory. */
  readonly url: string | null;
  /** For the start-up page. */
  readonly description: string;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2000;

/** The choice that a machine suggests: REDIS_URL, else a redis-server, else memory. */
export function suggestRedis(environment: Readonly<Record<string, string | undefined>>): RedisChoice {
  const url = environment['REDIS_URL'];
  if (url) return { url };
  return findRedisServer(environment['PATH']) ? 'spawn' : 'memory';
}

export async function startRedis(choice: RedisChoice, log: (line: string) => void): Promise<RedisStore> {
  if (choice === 'memory') {
    return { url: null, description: "in each function's memory (no redis-server here)", close: async () => {} };
  }
  if (choice === 'spawn') {
    const server = await spawnRedis(log);
    return {
      url: `redis://127.0.0.1:${server.port}`,
      description: `redis-server at 127.0.0.1:${server.port}, process ${server.pid()}`,
      close: () => server.close(),
    };
  }
  await checkReachable(choice.url);
  return { url: choice.url, description: `Redis at ${withoutPassword(choice.url)}`, close: async () => {} };
}

async function checkReachable(url: string): Promise<void> {
  const { protocol, hostname, port } = parseRedisUrl(url);
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw badUrl(url);
  const cause = await tryConnect(hostname, Number(port || 6379));
  if (!cause) return;
  throw new UserError('redis_unreachable', `no Redis answers at REDIS_URL ${withoutPassword(url)}: ${cause}`);
}

function parseRedisUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw badUrl(url);
  }
}

function badUrl(url: string): UserError {
  return new UserError('redis_url', `REDIS_URL must look like redis://127.0.0.1:6379, got ${JSON.stringify(url)}`);
}

/** Undefined: connected. Otherwise the reason why not. */
function tryConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port });
    const finish = (reason?: string) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => finish(`no answer within ${CONNECT_TIMEOUT_MS} ms`));
    socket.once('connect', () => finish());
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.href;
}
