import { RuleCopies } from '../adapters/limits/rule-copies.ts';
import { connectRedis, firstConnection, type RedisEndpoint } from '../adapters/redis/redis-connection.ts';

/** TCP, TLS and a cluster's slots, with one attempt more than the first. */
const CONNECT_WAIT_MS = 3000;

export interface OpenCopies {
  readonly copies: Pick<RuleCopies, 'push' | 'rebuild'>;
  close(): void;
}

/**
 * The copies over a connection of the operation's own. Operations are rare: a connection that was kept would have been
 * closed by somebody on the way while the instance was frozen, and the first to notice would be a revocation.
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
