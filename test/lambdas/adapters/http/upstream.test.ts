import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isSendable, Upstream, type UpstreamRequest } from '../../../../lambdas/adapters/http/upstream.ts';
import { MAX_RESPONSE_BYTES } from '../../../../lambdas/adapters/http/upstream-answer.ts';
import type { UpstreamError } from '../../../../lambdas/adapters/http/upstream-error.ts';
import { TestClock } from '../../../support/clock.ts';
import { freePort } from '../../../support/redis/redis.ts';
import { flood, serveEcho, serveHttp, serveTcp, trickle } from '../../../support/upstreams/upstream.ts';

const TIMEOUT_MS = 5000;
const SHORT_MS = 150;
const EMPTY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function request(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return { method: 'GET', target: '/', headers: {}, body: undefined, ...changes };
}

function upstreamAt(url: string): Upstream {
  const upstream = new Upstream(url);
  closers.push(() => upstream.close());
  return upstream;
}

async function over(listener: RequestListener): Promise<Upstream> {
  const server = await serveHttp(listener);
  closers.push(server.stop);
  return upstreamAt(server.url);
}

async function echoing() {
  const server = await serveEcho();
  closers.push(server.stop);
  return { upstream: upstreamAt(server.url), received: server.received };
}

/** A server that handles its n-th connection as `onConnection` says. */
async function raw(onConnection: (socket: Socket, index: number) => void) {
  const server = await serveTcp(onConnection);
  closers.push(server.stop);
  const { connections, allClosed } = server;
  return { upstream: upstreamAt(server.url), connections, allClosed };
}

/** The error that a request ends with. */
async function failure(sent: Promise<unknown>): Promise<UpstreamError> {
  return sent.then(
    (response) => Promise.reject(new Error(`answered ${JSON.stringify(response)}`)),
    (error) => error,
  );
}

describe('a request', () => {
  it('arrives with its method, target, fields and every byte of its body', async () => {
    const { upstream, received } = await echoing();
    const body = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));
    const headers = { host: 'orders.internal', 'content-type': 'application/octet-stream', 'x-request-id': 'r1' };
    await upstream.send(request({ method: 'PUT', target: '/a%20b?x=1&x=2', headers, body }), TIMEOUT_MS);
    expect(received).toMatchObject([{ method: 'PUT', url: '/a%20b?x=1&x=2', headers }]);
    expect(Buffer.from(received[0]?.body ?? '', 'base64').equals(body)).toBe(true);
  });

  it.each([
    ['GET', undefined, undefined],
    ['GET', 'body', '4'],
    ['HEAD', undefined, undefined],
    ['DELETE', undefined, undefined],
    ['DELETE', 'body', '4'],
    ['POST', undefined, '0'],
    ['PUT', undefined, '0'],
    ['PATCH', undefined, '0'],
    ['POST', '', '0'],
    ['POST', 'body', '4'],
    ['OPTIONS', undefined, undefined],
    ['PROPFIND', undefined, '0'],
  ])('%s with the body %j says the length %j and is never chunked', async (method, body, length) => {
    const { upstream, received } = await echoing();
    await upstream.send(request({ method, body: body === undefined ? undefined : Buffer.from(body) }), TIMEOUT_MS);
    expect(received[0]?.headers['content-length']).toBe(length);
    expect(received[0]?.headers['transfer-encoding']).toBeUndefined();
  });
});

describe('isSendable', () => {
  it('is true of what HTTP/1.1 can carry', () => {
    const headers = { 'x-a': 'b; c="d", \u00e9', cookie: 'a=1; b=2' };
    expect(isSendable(request({ method: 'PROPFIND', target: '/a%20b?x=[1]&y=\u00e9', headers }))).toBe(true);
  });

  it.each([
    ['a line break in a field', { headers: { 'x-a': 'b\r\nx-user-id: root' } }],
    ['a field name that is none', { headers: { 'x a': 'b' } }],
    ['a character that HTTP cannot carry', { headers: { 'x-a': '\u0100' } }],
    ['a space in the target', { target: '/a b' }],
    ['a line break in the target', { target: '/a\r\nx: y' }],
    ['a method that is none', { method: 'GE T' }],
    ['a method that Node would write in capitals, and so as another one', { method: 'Post' }],
    ['a method that asks for a tunnel', { method: 'CONNECT' }],
  ] as [string, Partial<UpstreamRequest>][])('is false with %s', (_, changes) => {
    expect(isSendable(request(changes))).toBe(false);
  });

  it('agrees with what Node writes', async () => {
    const { upstream } = await echoing();
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          target: fc.string({ minLength: 1 }).map((text) => `/${text}`),
          value: fc.string({ unit: 'binary' }),
        }),
        async ({ target, value }) => {
          const message = request({ target, headers: { 'x-a': value } });
          const refused = await upstream.send(message, TIMEOUT_MS).then(
            () => false,
            (error) => /^ERR_(INVALID_CHAR|UNESCAPED_CHARACTERS)$/.test(error.code),
          );
          expect(isSendable(message)).toBe(!refused);
        },
      ),
      { numRuns: 50 },
    );
  });
});

it('no request goes onto a connection that was idle while the instance was frozen', async () => {
  const clock = new TestClock();
  const connections = new Set<unknown>();
  const server = await serveHttp((incoming, response) => {
    connections.add(incoming.socket);
    response.end();
  });
  const upstream = new Upstream(server.url, clock.now);
  for (const expected of [1, 1, 2]) {
    if (expected === 2) clock.advance(60_000);
    await upstream.send(request({ method: 'POST' }), TIMEOUT_MS);
    expect(connections.size).toBe(expected);
  }
  upstream.close();
  await server.stop();
});

describe('an answer', () => {
  it('comes back with its status, fields and every byte of its body', async () => {
    const body = randomBytes(100_000);
    const upstream = await over((_, response) => {
      response.writeHead(418, { 'content-type': 'image/png', etag: '"x"' });
      response.end(body);
    });
    const answer = await upstream.send(request(), TIMEOUT_MS);
    expect(answer).toMatchObject({ status: 418, headers: { 'content-type': 'image/png', etag: '"x"' }, cookies: [] });
    expect(answer.body.equals(body)).toBe(true);
  });

  it('keeps fields sent several times, and cookies apart from each other', async () => {
    const upstream = await over((_, response) => {
      response.setHeader('set-cookie', ['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2']);
      response.setHeader('vary', ['accept', 'origin']);
      response.setHeader('X-Mixed-Case', 'v');
      response.end();
    });
    const answer = await upstream.send(request(), TIMEOUT_MS);
    expect(answer.cookies).toEqual(['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2']);
    expect(answer.headers).toMatchObject({ vary: 'accept, origin', 'x-mixed-case': 'v' });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('that is compressed stays as it is', async () => {
    const zipped = gzipSync('hello');
    const upstream = await over((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(zipped);
    });
    const answer = await upstream.send(request(), TIMEOUT_MS);
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.body.equals(zipped)).toBe(true);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n', 200],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 1000\r\n\r\n', 304],
    ['GET', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 200],
    ['POST', 'HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n', 201],
  ])(
    'to %s without a body, %j, is complete at once, and its connection usable but after HEAD',
    async (method, answer, status) => {
      const { upstream, connections } = await raw((socket) => socket.on('data', () => socket.write(answer)));
      for (let turn = 0; turn < 2; turn += 1) {
        const { status: seen, body } = await upstream.send(request({ method }), TIMEOUT_MS);
        expect([seen, body.length]).toEqual([status, 0]);
      }
      expect(connections).toHaveLength(method === 'HEAD' ? 2 : 1);
    },
  );

  it('without a length ends with its connection', async () => {
    const { upstream } = await raw((socket) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')));
    expect(String((await upstream.send(request(), TIMEOUT_MS)).body)).toBe('all of it');
  });

  it.each(['100 Continue', '103 Early Hints'])('may be announced by %s', async (interim) => {
    const { upstream } = await raw((socket) => {
      socket.on('data', () => socket.write(`HTTP/1.1 ${interim}\r\nlink: </x>\r\n\r\n`.repeat(3) + OK));
    });
    expect(await upstream.send(request(), TIMEOUT_MS)).toMatchObject({ status: 200 });
  });

  it('of the greatest size is read, and one byte more is too large', async () => {
    const upstream = await over((incoming, response) => response.end(Buffer.alloc(Number(incoming.url?.slice(1)))));
    const largest = await upstream.send(request({ target: `/${MAX_RESPONSE_BYTES}` }), TIMEOUT_MS);
    expect(largest.body.length).toBe(MAX_RESPONSE_BYTES);
    const larger = upstream.send(request({ target: `/${MAX_RESPONSE_BYTES + 1}` }), TIMEOUT_MS);
    expect(await failure(larger)).toMatchObject({ code: 'too_large' });
  });

  it('without end is given up when it is too large', async () => {
    const { upstream, allClosed } = await raw((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        flood(socket, 'x');
      });
    });
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'too_large' });
    await allClosed();
  });
});

describe('a deadline', () => {
  it.each([
    ['never answers', () => undefined],
    ['sends its status line drop by drop', (socket) => trickle(socket, 'HTTP/1.1 200 ', 'O')],
    ['sends its fields drop by drop', (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nx: ', 'x')],
    ['announces for ever', (socket) => trickle(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
    [
      'sends its body drop by drop',
      (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n', 'x'),
    ],
    [
      'sends chunks for ever',
      (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n'),
    ],
    ['stops in the middle of its body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')],
  ] as [string, (socket: Socket) => void][])(
    'ends the wait for an upstream that %s, and its connection',
    async (_, answer) => {
      const { upstream, allClosed } = await raw((socket) => socket.once('data', () => answer(socket)));
      expect(await failure(upstream.send(request(), SHORT_MS))).toMatchObject({ code: 'timeout' });
      await allClosed();
    },
  );

  it('ends the sending of a body that the upstream does not read', async () => {
    const { upstream, connections, allClosed } = await raw((socket) => socket.pause());
    const sent = upstream.send(request({ method: 'POST', body: Buffer.alloc(20_000_000) }), SHORT_MS);
    expect(await failure(sent)).toMatchObject({ code: 'timeout' });
    for (const socket of connections) socket.resume();
    await allClosed();
  });

  it.each([-5, 0, 0.9])('that leaves %d ms sends nothing', async (timeoutMs) => {
    const { upstream, connections } = await raw(() => undefined);
    expect(await failure(upstream.send(request(), timeoutMs))).toMatchObject({ code: 'timeout' });
    expect(connections).toHaveLength(0);
  });

  it('is told to the upstream in whole milliseconds, whoever else said one', async () => {
    const { upstream, received } = await echoing();
    await upstream.send(request({ headers: { 'x-request-deadline-ms': '1' } }), 2345.9);
    expect(received[0]?.headers['x-request-deadline-ms']).toBe('2345');
  });
});

describe('an upstream that fails', () => {
  it.each([
    ['closes without an answer', (socket) => socket.end()],
    ['resets without an answer', (socket) => socket.resetAndDestroy()],
    ['closes within its fields', (socket) => socket.end('HTTP/1.1 200 OK\r\nx: y')],
    ['closes within its body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')],
    [
      'closes within its chunks',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe'),
    ],
    ['sends garbage', (socket) => socket.end('\u0000\u0001garbage')],
    ['speaks another protocol', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    ['sends a length that is none', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n')],
    [
      'sends two lengths',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'),
    ],
    [
      'sends chunks that are none',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
    ],
    ['sends a field with a NUL', (socket) => socket.end('HTTP/1.1 200 OK\r\nx: a\u0000b\r\n\r\n')],
    [
      'changes the protocol unasked',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'),
    ],
    [
      'changes the protocol, and says so',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    ],
  ] as [string, (socket: Socket) => void][])(
    'since it %s is unreachable, and the connection is closed',
    async (_, answer) => {
      const { upstream, connections, allClosed } = await raw((socket) => socket.once('data', () => answer(socket)));
      expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({
        name: 'UpstreamError',
        code: 'unreachable',
      });
      expect(connections).toHaveLength(1);
      await allClosed();
    },
  );

  it('sends 40 KB of fields is too large, and the connection is closed', async () => {
    const { upstream, allClosed } = await raw((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`));
    });
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'too_large' });
    await allClosed();
  });

  it('resets within its body is unreachable', async () => {
    const { upstream } = await raw((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', () => socket.resetAndDestroy()),
      );
    });
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'unreachable' });
  });

  it('listens nowhere is unreachable', async () => {
    const upstream = upstreamAt(`http://127.0.0.1:${await freePort()}`);
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({
      code: 'unreachable',
      message: 'ECONNREFUSED',
    });
  });

  it('speaks no TLS where it should is unreachable', async () => {
    const server = await serveTcp((socket) => socket.on('data', () => socket.end(OK)));
    closers.push(server.stop);
    const upstream = upstreamAt(server.url.replace('http:', 'https:'));
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'unreachable' });
  });

  it('is used again as soon as it works', async () => {
    const { upstream } = await raw((socket, index) => {
      socket.on('data', () => (index < 3 ? socket.resetAndDestroy() : socket.write(OK)));
    });
    for (let turn = 0; turn < 3; turn += 1) await failure(upstream.send(request(), TIMEOUT_MS));
    expect(await upstream.send(request(), TIMEOUT_MS)).toMatchObject({ status: 200 });
  });
});

describe('connections', () => {
  it('are kept and used again, one request after the other', async () => {
    const { upstream, connections } = await raw((socket) => socket.on('data', () => socket.write(OK)));
    for (let turn = 0; turn < 10; turn += 1) await upstream.send(request(), TIMEOUT_MS);
    expect(connections).toHaveLength(1);
  });

  it('are one for each request at a time', async () => {
    const { upstream, received } = await echoing();
    const bodies = Array.from({ length: 50 }, (_, index) => `body ${index}`);
    const answers = await Promise.all(
      bodies.map((body) => upstream.send(request({ method: 'POST', body: Buffer.from(body) }), TIMEOUT_MS)),
    );
    const echoed = answers.map(({ body }) => Buffer.from(JSON.parse(String(body)).body, 'base64').toString());
    expect(echoed).toEqual(bodies);
    expect(received).toHaveLength(50);
  });

  it('are not used again after an answer that closes them', async () => {
    const { upstream, connections } = await raw((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'));
    });
    for (let turn = 0; turn < 3; turn += 1) await upstream.send(request({ method: 'POST' }), TIMEOUT_MS);
    expect(connections).toHaveLength(3);
  });

  it('do not stay behind when an upstream answers before it has read the body', async () => {
    const { upstream, connections, allClosed } = await raw((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const sent = upstream.send(request({ method: 'POST', body: Buffer.alloc(20_000_000) }), TIMEOUT_MS);
    expect(await sent).toMatchObject({ status: 413 });
    for (const socket of connections) socket.resume();
    await allClosed();
  });

  it('carry no answer over to the next request', async () => {
    const { upstream } = await raw((socket) => {
      socket.on('data', (data) => {
        const target = /^\w+ (\S+)/.exec(String(data))?.[1] ?? '';
        // A second answer that nobody asked for, as a poisoned upstream would send it.
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${target.length}\r\n\r\n${target}${OK}`);
      });
    });
    await upstream.send(request({ target: '/first' }), TIMEOUT_MS);
    const answer = await upstream.send(request({ target: '/second' }), TIMEOUT_MS);
    expect(String(answer.body)).toBe('/second');
  });
});

describe('a kept connection that the upstream has closed meanwhile', () => {
  /** Answers the first request of the first connection and breaks off at its second one. */
  async function stale(breakOff: (socket: Socket) => void) {
    const requests: string[] = [];
    const { upstream, connections } = await raw((socket, index) => {
      let seen = 0;
      socket.on('data', (data) => {
        seen += 1;
        requests.push(String(data));
        if (index === 0 && seen === 2) breakOff(socket);
        else socket.write(EMPTY);
      });
    });
    await upstream.send(request(), TIMEOUT_MS);
    requests.length = 0;
    return { upstream, connections, requests };
  }

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('costs %s nothing: it goes out once more', async (method) => {
    const { upstream, connections, requests } = await stale((socket) => socket.resetAndDestroy());
    const body = method === 'PUT' ? Buffer.from('the body') : undefined;
    const answer = await upstream.send(request({ method, body }), TIMEOUT_MS);
    expect(answer.status).toBe(200);
    expect([connections.length, requests.length]).toEqual([2, 2]);
    if (body !== undefined) expect(requests[1]).toContain('\r\n\r\nthe body');
  });

  it('is recognized by an orderly close too', async () => {
    const { upstream } = await stale((socket) => socket.end());
    expect(await upstream.send(request(), TIMEOUT_MS)).toMatchObject({ status: 200 });
  });

  it.each(['POST', 'PATCH'])('fails %s, which may have been done already', async (method) => {
    const { upstream, requests } = await stale((socket) => socket.resetAndDestroy());
    expect(await failure(upstream.send(request({ method }), TIMEOUT_MS))).toMatchObject({ code: 'unreachable' });
    expect(requests).toHaveLength(1);
  });

  it('is not mistaken for an upstream that breaks off within its answer', async () => {
    const { upstream, requests } = await stale((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
    );
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'unreachable' });
    expect(requests).toHaveLength(1);
  });

  it('makes a request go out twice at most', async () => {
    let requests = 0;
    const { upstream } = await raw((socket) => {
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write(OK);
        else socket.resetAndDestroy();
      });
    });
    await upstream.send(request(), TIMEOUT_MS);
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'unreachable' });
    expect(requests).toBe(3);
  });

  it('gives the request no second deadline', async () => {
    const told: number[] = [];
    const { upstream, connections, allClosed } = await raw((socket, index) => {
      let seen = 0;
      socket.on('data', (data) => {
        seen += 1;
        told.push(Number(/x-request-deadline-ms: (\d+)/.exec(String(data))?.[1]));
        if (index === 0 && seen === 1) return socket.write(OK);
        // The first connection breaks off when three of the five seconds are over, the second one lets the others pass.
        vi.advanceTimersByTime(index === 0 ? 3000 : 2000);
        if (index === 0) socket.resetAndDestroy();
      });
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    await upstream.send(request(), TIMEOUT_MS);
    expect(await failure(upstream.send(request(), TIMEOUT_MS))).toMatchObject({ code: 'timeout' });
    expect(connections).toHaveLength(2);
    expect(told).toEqual([5000, 5000, 2000]);
    await allClosed();
  });
});

describe('a request with a connection of its own', () => {
  it('does not take a kept one, and leaves none', async () => {
    const { upstream, connections } = await raw((socket) => socket.on('data', () => socket.write(EMPTY)));
    for (const connection of ['kept', 'own', 'own', 'kept'] as const) {
      await upstream.send(request(), TIMEOUT_MS, connection);
    }
    expect(connections).toHaveLength(3);
  });

  it.each(['GET', 'POST'])('goes out once, whatever becomes of it: %s', async (method) => {
    let requests = 0;
    const { upstream, allClosed } = await raw((socket) => {
      socket.on('data', () => {
        requests += 1;
        socket.resetAndDestroy();
      });
    });
    const sent = upstream.send(request({ method }), TIMEOUT_MS, 'own');
    expect(await failure(sent)).toMatchObject({ code: 'unreachable', kept: false });
    await allClosed();
    expect(requests).toBe(1);
  });

  it('does not make kept ones look younger than they are', async () => {
    const clock = new TestClock();
    const server = await serveTcp((socket) => socket.on('data', () => socket.write(EMPTY)));
    closers.push(server.stop);
    const upstream = new Upstream(server.url, clock.now);
    closers.push(() => upstream.close());
    await upstream.send(request(), TIMEOUT_MS);
    clock.advance(60_000);
    await upstream.send(request(), TIMEOUT_MS, 'own');
    await upstream.send(request({ method: 'POST' }), TIMEOUT_MS);
    expect(server.connections).toHaveLength(3);
  });
});

describe('the address of an upstream', () => {
  it.each([
    ['http://127.0.0.1:1', ''],
    ['http://127.0.0.1:1/', ''],
    ['http://127.0.0.1:1/base', '/base'],
    ['http://127.0.0.1:1/base/v1/', '/base/v1'],
  ])('%s has the base path %j', (url, basePath) => {
    expect(new Upstream(url).basePath).toBe(basePath);
  });

  it('may be IPv6', async () => {
    const upstream = upstreamAt(`http://[::1]:${await freePort()}`);
    expect((await failure(upstream.send(request(), TIMEOUT_MS))).message).toMatch(
      /^(ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH)$/,
    );
  });
});
