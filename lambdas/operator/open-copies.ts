import { RuleCopies } from '../adapters/limits/rule-copies.ts';
import { connectRedis, firstConnection, type RedisEndpoint } from '../adapters/redis/redis-connection.ts';

/** Enough for TCP, TLS, a cluster's slots and one retry. */
const CONNECT_WAIT_MS = 3000;

export interface OpenCopies {
  readonly copies: Pick<RuleCopies, 'push' | 'rebuild'>;
  close(): void;
}

/**
 * Opens a connection for one operation. Operations are rare: the network would close a kept connection while the instance
 * is frozen, and the next revocation would fail first.
 *
 * @throws when there is no connection after 3 s
 */
export async function openCopies(endpoint: RedisEndpoint, gateway: string): Promise<OpenCopies> {
  let last: Error | undefined;
  const client = connectRedis(endpoint, (error) => {
    last = error;
  });
  if (await firstConnection(client, CONNECT_WAIT_MS))
    return { copies: new RuleCopies(client, gateway), close: () => client.disconnect() };
  client.disconnect();
  throw last ?? new Error(`no connection within ${CONNECT_WAIT_MS} ms`);
}
