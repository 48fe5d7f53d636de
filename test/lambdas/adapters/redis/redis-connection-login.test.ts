import { once } from 'node:events';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { elastiCacheTokens } from '../../../../lambdas/adapters/redis/elasticache-token.ts';
import {
  connectRedis,
  firstConnection,
  type RedisEndpoint,
} from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { expectedSignature } from '../../../support/aws/presigned.ts';
import { TestClock } from '../../../support/clock.ts';
import { closersOf } from '../../../support/closers.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../../../support/redis/redis.ts';
import { startRedisCluster } from '../../../support/redis/redis-cluster.ts';
import { relayTo } from '../../../support/redis/tcp-relay.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const INCREMENT = "return redis.call('INCR', KEYS[1])";
/** Lets in whoever has the right name, whatever the password, and nobody without one. */
const NAMED_ONLY = ['user gateway on nopass ~* +@all', 'user default off', 'user admin on >admin ~* +@all'];
const REFUSED = 'the login as gateway was refused: -WRONGPASS invalid username-password pair or user is disabled.';

const closers = closersOf();

async function server(options: TestRedisOptions): Promise<TestRedis> {
  const started = await startRedis(options);
  closers.push(started.stop);
  return started;
}

function connect(endpoint: RedisEndpoint) {
  const errors: Error[] = [];
  const client = connectRedis(endpoint, (error) => errors.push(error));
  closers.push(() => client.disconnect());
  return { client, errors, connected: firstConnection(client, 5000) };
}

function numbered() {
  let given = 0;
  return { user: 'gateway', password: async () => `token-${++given}` };
}

describe('a login', () => {
  it('is made with a token of its own on each connection, and works', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    closers.push(() => vi.unstubAllEnvs());
    const clock = new TestClock();
    const cache = { user: 'gateway', cache: 'tollgate-cache', serverless: true };
    const heard: string[] = [];
    const relay = await relayTo((await server({ acl: NAMED_ONLY })).port, (bytes, connection) => {
      heard[connection] = (heard[connection] ?? '') + bytes.toString('latin1');
    });
    closers.push(relay.stop);
    const password = elastiCacheTokens(cache, { region: 'eu-central-1', clock: clock.now });
    const { client, connected } = connect({
      url: `redis://127.0.0.1:${relay.port}`,
      cluster: false,
      login: { user: 'gateway', password },
    });
    await connected;
    expect(await client.eval(INCREMENT, 1, 'key')).toBe(1);

    // Past the lifetime of the first token.
    clock.advance(16 * 60_000);
    client.disconnect(true);
    await once(client, 'ready');
    expect(await client.eval(INCREMENT, 1, 'key')).toBe(2);

    const tokens = heard.map(
      (words) => /^\*3\r\n\$4\r\nAUTH\r\n\$7\r\ngateway\r\n\$\d+\r\n(.*)\r\n/.exec(words)?.[1] ?? '',
    );
    const parts = tokens.map((token) => new URL(`http://${token}`).searchParams);
    expect(parts.map((query) => query.get('X-Amz-Date'))).toEqual(['20260101T000000Z', '20260101T001600Z']);
    expect(parts.map((query) => query.get('X-Amz-Signature'))).toEqual(
      tokens.map((token) => expectedSignature(token, 'secret')),
    );
  });

  it('is made on each connection of a cluster with its own token, over TLS', async () => {
    const cluster = await startRedisCluster({ shards: 3, tls: true });
    closers.push(cluster.stop);
    const words = NAMED_ONLY[0]?.split(' ').slice(1) ?? [];
    for (const node of cluster.nodes) await node.call('ACL', 'SETUSER', ...words);
    const given: string[] = [];
    const login = numbered();
    const password = async () => {
      given.push(await login.password());
      return given.at(-1) ?? '';
    };
    const { client, connected } = connect({
      url: cluster.url,
      cluster: true,
      ca: cluster.ca ?? '',
      login: { user: 'gateway', password },
    });
    await connected;
    const replies = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => client.eval(INCREMENT, 1, key)));
    expect(replies).toEqual([1, 1, 1, 1, 1, 1]);
    const users = await Promise.all(cluster.nodes.map((node) => node.call('CLIENT', 'LIST')));
    for (const list of users) expect(String(list)).toContain('user=gateway');
    expect(given.length).toBeGreaterThanOrEqual(3);
  });

  it('that is refused fails commands at once and nothing else, and is tried again', async () => {
    const { port } = await server({ acl: ['user gateway on >right ~* +@all', ...NAMED_ONLY.slice(1)] });
    const { client, errors } = connect({ url: `redis://127.0.0.1:${port}`, cluster: false, login: numbered() });
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1), { timeout: 15_000 });
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set([REFUSED]));
    await expect(client.eval(INCREMENT, 1, 'key')).rejects.toThrow();

    const admin = new Redis({ port, username: 'admin', password: 'admin' });
    closers.push(() => admin.disconnect());
    await admin.call('ACL', 'SETUSER', 'gateway', 'nopass');
    if (client.status !== 'ready') await once(client, 'ready');
    expect(await client.eval(INCREMENT, 1, 'key')).toBe(1);
  });

  it('that is refused by a cluster fails commands at once and nothing else', async () => {
    const cluster = await startRedisCluster();
    closers.push(cluster.stop);
    await cluster.nodes[0]?.call('ACL', 'SETUSER', 'gateway', 'on', '>right', '~*', '+@all');
    const { client, errors } = connect({ url: cluster.url, cluster: true, login: numbered() });
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1), { timeout: 15_000 });
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set([REFUSED]));
    await expect(client.eval(INCREMENT, 1, 'key')).rejects.toThrow();
  });

  it('without credentials to sign it is tried again, too', async () => {
    const { port } = await server({ acl: NAMED_ONLY });
    const login = numbered();
    let present = false;
    const password = () => (present ? login.password() : Promise.reject(new Error('no credentials')));
    const endpoint = { url: `redis://127.0.0.1:${port}`, cluster: false, login: { user: 'gateway', password } };
    const { client, errors } = connect(endpoint);
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), { timeout: 5000 });
    expect(errors[0]?.message).toBe('no credentials');
    present = true;
    await once(client, 'ready');
    expect(await client.eval(INCREMENT, 1, 'key')).toBe(1);
  });

  it.each([
    ['answers garbage', (socket) => socket.on('data', () => socket.write('\u0000\u0001garbage\r\n'))],
    ['never ends its line', (socket) => socket.on('data', () => socket.write('+'.repeat(1000)))],
    ['closes at once', (socket) => socket.end()],
    ['closes when asked', (socket) => socket.on('data', () => socket.end())],
    ['resets when asked', (socket) => socket.on('data', () => socket.resetAndDestroy())],
    ['says nothing', () => undefined],
  ] as [string, Parameters<typeof serveTcp>[0]][])('to a server that %s is tried again', async (_, onConnection) => {
    const impostor = await serveTcp(onConnection);
    closers.push(impostor.stop);
    const { client } = connect({ url: impostor.url.replace('http:', 'redis:'), cluster: false, login: numbered() });
    await vi.waitFor(() => expect(impostor.connections.length).toBeGreaterThan(1), { timeout: 10_000 });
    await expect(client.eval(INCREMENT, 1, 'key')).rejects.toThrow();
  });

  it('ends with its client, also while it waits for an answer', async () => {
    const silent = await serveTcp(() => undefined);
    closers.push(silent.stop);
    const { client } = connect({ url: silent.url.replace('http:', 'redis:'), cluster: false, login: numbered() });
    await once(client, 'connecting');
    client.disconnect();
    await once(client, 'end');
  });
});
