import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { UserError } from '../user-error.ts';
import { findRedisServer, spawnRedis } from './redis-server.ts';

/** Where limits are counted: a new Redis server, a running one, or each function's memory. */
export type RedisChoice = 'spawn' | 'memory' | { readonly url: string };

export interface RedisStore {
  /** Null: each function counts in its own memory. */
  readonly url: string | null;
  /** For the start-up page. */
  readonly description: string;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 2000;
const REPLY_SHOWN_CHARS = 60;

/** The default: REDIS_URL, else a redis-server, else memory. */
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
  await checkRedis(choice);
  return { url: choice.url, description: `Redis at ${withoutPassword(choice.url)}`, close: async () => {} };
}

/** @throws UserError if no Redis answers at the chosen address, so that the user knows it before slower work begins */
export async function checkRedis(choice: RedisChoice): Promise<void> {
  if (typeof choice === 'string') return;
  const { url } = choice;
  const parsed = parseRedisUrl(url);
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') throw badUrl(url);
  const cause = faultOf(await ping(parsed), parsed.password !== '');
  if (cause === undefined) return;
  throw new UserError('redis_unreachable', `no Redis answers at REDIS_URL ${withoutPassword(url)}: ${cause}`);
}

/** What is wrong with the answer to a PING; undefined: nothing. */
function faultOf(result: PingResult, hasPassword: boolean): string | undefined {
  if ('reason' in result) return result.reason;
  const { reply } = result;
  if (reply === '+PONG') return undefined;
  if (reply.startsWith('-NOAUTH')) return hasPassword ? undefined : 'it requires a password';
  return `PING is answered with ${JSON.stringify(reply.slice(0, REPLY_SHOWN_CHARS))}`;
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

/** The first line of the answer, or the reason why there is none. */
type PingResult = { readonly reply: string } | { readonly reason: string };

function ping({ protocol, hostname, port }: URL): Promise<PingResult> {
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  return new Promise((resolve) => {
    const socket = protocol === 'rediss:' ? connectTls({ ...target, ...serverName(target.host) }) : connect(target);
    const finish = (result: PingResult) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish({ reason: `no answer within ${ANSWER_TIMEOUT_MS} ms` }), ANSWER_TIMEOUT_MS);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
      const [line = '', ...more] = received.split('\n');
      if (more.length > 0 || line.length > REPLY_SHOWN_CHARS) finish({ reply: line.trimEnd() });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => finish({ reason: error.code ?? error.message }));
    socket.once('end', () => finish({ reason: 'it closes the connection at a PING' }));
    socket.write('PING\r\n');
  });
}

/** TLS has no server name for an IP address (RFC 6066 §3). */
function serverName(host: string): { readonly servername?: string } {
  return isIP(host) ? {} : { servername: host };
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.href;
}
