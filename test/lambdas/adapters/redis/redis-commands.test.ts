import { describe, expect, it } from 'vitest';
import { RedisCommands } from '../../../../lambdas/adapters/redis/redis-commands.ts';
import { connectRedis, firstConnection } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { closersOf } from '../../../support/closers.ts';
import { freePort, startRedis } from '../../../support/redis/redis.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const closers = closersOf();

function connectionTo(url: string) {
  const client = connectRedis({ url, cluster: false }, () => undefined);
  closers.push(() => client.disconnect());
  return client;
}

describe('a probe', () => {
  it('succeeds each time at a server that counts, and its key ends by itself', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const client = connectionTo(server.url);
    const redis = new RedisCommands(client, 10_000);
    for (let time = 0; time < 3; time += 1) await redis.probe();
    expect(await client.pttl('probe')).toBeLessThanOrEqual(1000);
    expect(await client.pttl('probe')).not.toBe(-1);
  });

  it.each(['+OK\r\n', ':1\r\n', '$1\r\n2\r\n', '*1\r\n$1\r\n1\r\n', '$-1\r\n'])(
    'does not believe a server that answers %j',
    async (reply) => {
      const { url, stop } = await serveTcp((socket) => socket.on('data', () => socket.write(reply)));
      closers.push(stop);
      const redis = new RedisCommands(connectionTo(url.replace('http:', 'redis:')), 10_000);
      await expect(redis.probe()).rejects.toThrow('probe must be "1"');
    },
  );
});

describe('a wait for a connection', () => {
  it('that was in vain leaves no listener on the connection', async () => {
    const client = connectionTo(`redis://127.0.0.1:${await freePort()}`);
    const before = client.listenerCount('ready');
    expect(await firstConnection(client, 20)).toBe(false);
    expect(client.listenerCount('ready')).toBe(before);
  });
});
