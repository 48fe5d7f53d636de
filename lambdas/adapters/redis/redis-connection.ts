import { Cluster, Redis } from 'ioredis';
import { loginConnector, type RedisLogin } from './login-connector.ts';

export interface RedisEndpoint {
  /** `redis://host:port`, or `rediss://` for TLS. */
  readonly url: string;
  /** True when the server speaks the cluster protocol. */
  readonly cluster: boolean;
  /** @default - the user and password of the URL, if it has any */
  readonly login?: RedisLogin;
  /** PEM of the authority that the server's certificate comes from. @default - those that Node trusts */
  readonly ca?: string;
}

/** How long the first command of an instance waits for the connection: TCP, TLS and, in a cluster, its slots. */
export const CONNECT_WAIT_MS = 500;

export type RedisClient = Redis | Cluster;

/** The message of ioredis for a connection that closed before, whatever the reason. */
const NOTHING_SAID = 'Connection is closed.';

/**
 * Opens the one connection of this instance, in a cluster one to each primary that is used, and keeps it over all
 * invocations. Commands fail at once while there is none: counters have a fallback and must not queue.
 *
 * @param onError called on connection errors, which are retried for ever with growing, jittered pauses
 */
export function connectRedis(endpoint: RedisEndpoint, onError: (error: Error) => void): RedisClient {
  const { hostname, port } = new URL(endpoint.url);
  const node = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const client = endpoint.cluster ? connectCluster(endpoint, node) : connectNode(endpoint, node);
  if (client instanceof Cluster) reportNodes(client, onError);
  else client.on('error', onError);
  return client;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function connectNode(endpoint: RedisEndpoint, node: Address): Redis {
  return new Redis({
    ...connectionOptions(endpoint, node),
    ...node,
    enableOfflineQueue: false,
    retryStrategy: reconnectDelayMs,
  });
}

function connectCluster(endpoint: RedisEndpoint, node: Address): Cluster {
  const startAt = [node];
  const cluster = new Cluster(startAt, {
    redisOptions: connectionOptions(endpoint, node),
    enableOfflineQueue: false,
    enableReadyCheck: false,
    clusterRetryStrategy: reconnectDelayMs,
    // Counters have a fallback: a command to a lost node fails now and is not sent again later.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // TLS certificates name the host, so the host must not be replaced by its address.
    dnsLookup: (address, callback) => callback(null, address),
  });
  // ioredis connects to a node with the first command for it. The primaries are connected to while the slots are read, so
  // that no command waits for it; later, to one that a command is redirected to, that command waits.
  cluster.on('+node', (added: Redis) => {
    if (cluster.status === 'connecting' && !added.options.readOnly) added.connect().catch(() => undefined);
  });
  // Where ioredis starts again when it has lost all nodes: the first one may be gone. It reads this array each time.
  cluster.on('refresh', () => {
    startAt.splice(1, startAt.length, ...cluster.nodes('master').map(addressOf));
  });
  return cluster;
}

/** A cluster's own errors say that all nodes have failed, and those of its nodes why. */
function reportNodes(cluster: Cluster, onError: (error: Error) => void): void {
  cluster.on('error', () => undefined);
  cluster.on('node error', (error: Error) => {
    if (error.message !== NOTHING_SAID) onError(error);
  });
}

function addressOf({ options }: Redis): Address {
  return { host: options.host ?? '', port: options.port ?? 0 };
}

function connectionOptions({ url, login, ca }: RedisEndpoint, { host }: Address) {
  const { protocol, username, password } = new URL(url);
  return {
    ...(protocol === 'rediss:' ? { tls: { servername: host, ...(ca && { ca }) } } : {}),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(login && { Connector: loginConnector(login) }),
    connectTimeout: 2000,
    // A connection is given up when its server is silent, and then the server does not close it either.
    disconnectTimeout: 100,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // A primary that has become a replica: a new connection leads to its successor.
    reconnectOnError: ({ message }: Error) => message.includes('READONLY '),
    // Each of these costs a cold start a round trip, and nothing here reads the result.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  } as const;
}

/**
 * Waits for a connection, in a cluster for those to all primaries: true when they are open, false when the time is over.
 * Commands then fail by themselves. Only an instance that starts waits, and a probe; requests without a connection do not.
 */
export function firstConnection(client: RedisClient, waitMs = CONNECT_WAIT_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const ready = async () => {
      if (client instanceof Cluster) await Promise.all(client.nodes('master').map(settled));
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      client.off('ready', ready);
      resolve(false);
    }, waitMs);
    client.once('ready', ready);
  });
}

/** Resolves when the connection to the node is open, or has failed. */
function settled(node: Redis): Promise<void> {
  return new Promise((resolve) => {
    if (node.status !== 'connecting' && node.status !== 'connect') resolve();
    else for (const event of ['ready', 'end']) node.once(event, () => resolve());
  });
}

/** 50, 100, 200 … 2,000 ms, each with up to as much again at random, so that instances do not reconnect in step. */
function reconnectDelayMs(attempt: number): number {
  const baseMs = Math.min(50 * 2 ** (attempt - 1), 2000);
  return baseMs + Math.floor(Math.random() * baseMs);
}
