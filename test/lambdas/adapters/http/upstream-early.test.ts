import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Upstream, type UpstreamRequest } from '../../../../lambdas/adapters/http/upstream.ts';
import { ConnectionError, type UpstreamError } from '../../../../lambdas/adapters/http/upstream-error.ts';
import { closersOf } from '../../../support/closers.ts';
import { freePort } from '../../../support/redis/redis.ts';
import { type EarlyUpstream, serveEarly } from '../../../support/upstreams/early-upstream.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const TIMEOUT_MS = 10_000;
const MB = 1024 * 1024;
/** More than the buffers of both ends hold. */
const BODY = Buffer.alloc(20 * MB);
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const closers = closersOf();
let early: EarlyUpstream;
beforeAll(async () => {
  early = await serveEarly();
});
afterAll(() => early.stop());

function senderTo(url: string, timeoutMs = TIMEOUT_MS) {
  const upstream = new Upstream(url);
  closers.push(() => upstream.close());
  return (changes: Partial<UpstreamRequest> = {}) =>
    upstream.send({ method: 'POST', target: '/', headers: {}, body: BODY, ...changes }, timeoutMs);
}

async function doing(act: (socket: Socket) => void) {
  const server = await serveTcp((socket) => socket.once('data', () => act(socket)));
  closers.push(server.stop);
  return server;
}

async function failure(sent: Promise<unknown>): Promise<UpstreamError> {
  return sent.then(
    (answer) => Promise.reject(new Error(`answered ${JSON.stringify(answer)}`)),
    (error) => error,
  );
}

describe('an upstream that refuses an upload and closes', () => {
  it.each(['fastify', 'fastify over TLS', 'closes', 'resets'] as const)(
    'gives its answer every time: %s',
    async (kind) => {
      // The upstream's certificate is its own.
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      closers.push(() => vi.unstubAllEnvs());
      const send = senderTo(early.urls[kind]);
      const body = Buffer.alloc(5 * MB);
      for (let turn = 0; turn < 5; turn += 1) {
        const answers = await Promise.all(Array.from({ length: 4 }, () => send({ body })));
        expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(4).fill('413 no'));
      }
    },
  );

  it('gives no answer where it resets within that', async () => {
    const send = senderTo(early.urls['resets within its answer']);
    expect(await failure(send())).toMatchObject({ code: 'unsent' });
  });

  it('is asked on a connection kept from others, and answers there too', async () => {
    const send = senderTo(early.urls.fastify);
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await send({ method: 'GET', target: '/small', body: undefined })).toMatchObject({ status: 200 });
      expect(await send()).toMatchObject({ status: 413 });
    }
  });
});

describe('a connection that ends while the body is being sent', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['by a reset', (socket) => socket.resetAndDestroy()],
    ['in good order', (socket) => socket.pause().end()],
  ])('%s is told apart from an upstream that is gone', async (_, act) => {
    const { url, connections, allClosed } = await doing(act);
    expect(await failure(senderTo(url)())).toMatchObject({ code: 'unsent', kept: false });
    for (const socket of connections) socket.resume();
    await allClosed();
  });

  it('is not taken for that where the body was handed over whole', async () => {
    const { url } = await doing((socket) => socket.resetAndDestroy());
    expect(await failure(senderTo(url)({ body: Buffer.from('small') }))).toMatchObject({ code: 'unreachable' });
  });

  it('is not taken for that where there is no body', async () => {
    const { url } = await doing((socket) => socket.resetAndDestroy());
    expect(await failure(senderTo(url)({ body: undefined }))).toMatchObject({ code: 'unreachable' });
    expect(await failure(senderTo(url)({ body: Buffer.alloc(0) }))).toMatchObject({ code: 'unreachable' });
  });

  it('lets an idempotent request go out once more where the connection was kept from others', async () => {
    let requests = 0;
    const server = await serveTcp((socket, index) => {
      socket.on('data', (data) => {
        if (!String(data.subarray(0, 4)).match(/^(GET|PUT) /)) return;
        requests += 1;
        if (index === 0 && requests === 2) socket.resetAndDestroy();
        else socket.write(OK);
      });
    });
    closers.push(server.stop);
    const send = senderTo(server.url);
    await send({ method: 'GET', body: undefined });
    expect(await send({ method: 'PUT' })).toMatchObject({ status: 200 });
    expect([requests, server.connections.length]).toEqual([3, 2]);
  });
});

describe('an upstream that is dead stays so for a large body', () => {
  it('where it refuses connections', async () => {
    const error = await failure(senderTo(`http://127.0.0.1:${await freePort()}`)());
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'unreachable', message: 'ECONNREFUSED' });
  });

  it('where it ends the handshake of TLS', async () => {
    const { url } = await doing((socket) => socket.resetAndDestroy());
    const error = await failure(senderTo(url.replace('http:', 'https:'))());
    expect(error).toMatchObject({ code: 'unreachable' });
  });

  it('where it neither reads nor answers', async () => {
    const { url, connections } = await doing((socket) => socket.pause());
    expect(await failure(senderTo(url, 200)())).toMatchObject({ code: 'timeout' });
    for (const socket of connections) socket.resume();
  });

  it('where it answers what is no HTTP', async () => {
    const { url } = await doing((socket) => socket.write('\u0000garbage'));
    expect(await failure(senderTo(url)())).toMatchObject({ code: 'unreachable' });
  });
});
