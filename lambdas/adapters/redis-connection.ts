import { Cluster, Redis } from 'ioredis';

export interface RedisEndpoint {
  /** `redis://host:port`, or `rediss://` for TLS. */
  readonly url: string;
  /** True when the server speaks the cluster protocol. */
  readonly cluster: boolean;
}

/** How long the first command of an environment waits for the connection: TCP, TLS and, in a cluster, its slots. */
export const CONNECT_WAIT_MS = 500;

export type RedisClient = Redis | Cluster;

/**
 * Opens the one connection of this environment and keeps it over all invocations. Commands fail at once while there is
 * none: whoever counts has a fallback and must not queue.
 *
 * @param onError called on connection errors, which are retried for ever with growing, jittered pauses
 */
export function connectRedis({ url, cluster }: RedisEndpoint, onError: (error: Error) => void): RedisClient {
  const { hostname, port, protocol, username, password } = new URL(url);
  const node = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const options = {
    ...(protocol === 'rediss:' ? { tls: { servername: node.host } } : {}),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    connectTimeout: 2000,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Each of these is a round trip of a cold start, and nothing here reads what they fetch.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  } as const;
  const client = cluster
    ? new Cluster([node], {
        redisOptions: options,
        enableOfflineQueue: false,
        enableReadyCheck: false,
        clusterRetryStrategy: reconnectDelayMs,
        // Whoever counts has a fallback: a command that met a lost node fails now and is not sent again later.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        // TLS certificates name the host, so the host must not be replaced by its address.
        dnsLookup: (address, callback) => callback(null, address),
      })
    : new Redis({ ...options, ...node, enableOfflineQueue: false, retryStrategy: reconnectDelayMs });
  client.on('error', onError);
  return client;
}

/**
 * Resolves when the first connection stands, or after `CONNECT_WAIT_MS` without one: commands then fail by themselves.
 * Only an environment that starts waits; one that loses its connection does not.
 */
export function firstConnection(client: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CONNECT_WAIT_MS);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** 50, 100, 200 … 2,000 ms, each with up to as much again at random, so that environments do not reconnect in step. */
function reconnectDelayMs(attempt: number): number {
  const baseMs = Math.min(50 * 2 ** (attempt - 1), 2000);
  return baseMs + Math.floor(Math.random() * baseMs);
}
