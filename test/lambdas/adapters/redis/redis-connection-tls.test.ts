import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RECORD_SCRIPT } from '../../../../lambdas/adapters/circuit/outcome-scripts.ts';
import {
  connectRedis,
  firstConnection,
  type RedisEndpoint,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { closersOf } from '../../../support/closers.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { startRedisCluster } from '../../../support/redis/redis-cluster.ts';

/** Arguments of the script: a window of 10 s, one request that failed and none that was slow. */
const ONE_FAILURE = [10_000, 1, 1, 0] as const;

const closers = closersOf();

function connect(endpoint: RedisEndpoint) {
  const errors: Error[] = [];
  const client = connectRedis(endpoint, (error) => errors.push(error));
  closers.push(() => client.disconnect());
  return { client, errors };
}

describe.each([
  ['a server', () => startRedis({ tls: true }), false],
  ['a cluster of one shard', () => startRedisCluster({ tls: true }), true],
  ['a cluster of three shards', () => startRedisCluster({ shards: 3, tls: true }), true],
] as [string, () => Promise<TestRedis>, boolean][])('%s with TLS', (_, start, cluster) => {
  let server: TestRedis;
  // A node of a cluster serves its slots only two seconds after its start.
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  it('runs scripts, under whatever key', async () => {
    const { client } = connect({ url: server.url, cluster, ca: server.ca ?? '' });
    expect(await firstConnection(client, 5000)).toBe(true);
    const keys = Array.from({ length: 16 }, (_, index) => `{${index}}`);
    const replies = await Promise.all(keys.map((key) => client.eval(RECORD_SCRIPT, 1, key, ...ONE_FAILURE)));
    expect(replies).toEqual(keys.map(() => [1, 1, 0, 0, 0]));
  });

  it('is not entered when its certificate comes from nobody that is trusted', async () => {
    const { client, errors } = connect({ url: server.url, cluster });
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), { timeout: 5000 });
    expect(client.status).not.toBe('ready');
    expect(errors[0]).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await expect(client.eval(RECORD_SCRIPT, 1, 'key', ...ONE_FAILURE)).rejects.toThrow();
  });
});
