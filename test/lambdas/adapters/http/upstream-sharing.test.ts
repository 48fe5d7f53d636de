import { describe, expect, it } from 'vitest';
import { Upstream, type UpstreamRequest } from '../../../../lambdas/adapters/http/upstream.ts';
import { closersOf } from '../../../support/closers.ts';
import { serveCareless } from '../../../support/upstreams/careless-upstream.ts';
import { serveTcp } from '../../../support/upstreams/upstream.ts';

const TIMEOUT_MS = 10_000;
const SMUGGLED = Buffer.from('GET /smuggled HTTP/1.1\r\nhost: x\r\nx-user-id: root\r\n\r\n');
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const MB = 1024 * 1024;

const closers = closersOf();

function senderTo({ url, stop }: { readonly url: string; stop(): unknown }) {
  const upstream = new Upstream(url);
  closers.push(stop, () => upstream.close());
  return (changes: Partial<UpstreamRequest> = {}) =>
    upstream.send({ method: 'GET', target: '/', headers: {}, body: undefined, ...changes }, TIMEOUT_MS);
}

describe('a body that an upstream leaves unread', () => {
  it.each(['GET', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'])('of %s is no request of its own', async (method) => {
    const server = await serveCareless();
    const send = senderTo(server);
    for (let turn = 0; turn < 5; turn += 1) {
      await send({ method, body: SMUGGLED });
      const answers = await Promise.all(
        ['/a', '/b'].map((target) => send({ target, headers: { 'x-user-id': 'alice' } })),
      );
      expect(answers.map(({ body }) => String(body))).toEqual(['/a alice', '/b alice']);
    }
    expect(server.seen.filter(({ user }) => user === 'root')).toEqual([]);
  });

  it.each(['POST', 'PUT', 'PATCH'])('of %s, refused, is answered to no other request', async (method) => {
    const server = await serveCareless();
    const send = senderTo(server);
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await send({ method, target: '/missing', body: SMUGGLED })).toMatchObject({ status: 404 });
      expect(String((await send({ target: '/a', headers: { 'x-user-id': 'alice' } })).body)).toBe('/a alice');
    }
  });
});

describe('a connection', () => {
  it.each<[string, Partial<UpstreamRequest>]>([
    ['HEAD', { method: 'HEAD' }],
    ['a GET with a body', { method: 'GET', body: Buffer.from('body') }],
    ['a DELETE with a body', { method: 'DELETE', body: Buffer.from('body') }],
    ['an OPTIONS with a body', { method: 'OPTIONS', body: Buffer.from('body') }],
  ])('is its own for %s, says so, and is closed', async (_, message) => {
    const heads: string[] = [];
    const server = await serveTcp((socket) => {
      socket.on('data', (data) => {
        heads.push(String(data));
        // Without `connection: close`, as one that would go on.
        socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      });
    });
    const send = senderTo(server);
    await send();
    for (let turn = 0; turn < 3; turn += 1) await send(message);
    await send();
    expect(heads.map((head) => /^connection: *close\r$/im.test(head))).toEqual([false, true, true, true, false]);
    expect(server.connections).toHaveLength(4);
    await Promise.all(
      server.connections.slice(1).map((socket) => socket.closed || new Promise((done) => socket.once('close', done))),
    );
  });

  it.each<[string, Partial<UpstreamRequest>]>([
    ['GET', {}],
    ['a GET with a body of no bytes', { body: Buffer.alloc(0) }],
    ['DELETE', { method: 'DELETE' }],
    ['a POST', { method: 'POST', body: Buffer.from('body') }],
    ['a PUT', { method: 'PUT', body: Buffer.from('body') }],
    ['a PATCH', { method: 'PATCH', body: Buffer.from('body') }],
  ])('is kept after %s', async (_, message) => {
    let connections = 0;
    const server = await serveTcp((socket) => {
      connections += 1;
      socket.on('data', () => socket.write(OK));
    });
    const send = senderTo(server);
    for (let turn = 0; turn < 3; turn += 1) await send(message);
    expect(connections).toBe(1);
  });

  it('is not kept after an answer that came while the body was sent', async () => {
    const server = await serveTcp((socket, index) => {
      if (index > 0) return void socket.on('data', () => socket.write(OK));
      // The whole body is read in the end, after the first half of an answer and before the second one.
      let read = 0;
      socket.on('data', (data) => {
        if (read === 0) socket.write(OK.slice(0, -1));
        read += data.length;
        if (read > 20 * MB) socket.write('k');
      });
    });
    const send = senderTo(server);
    expect(await send({ method: 'POST', body: Buffer.alloc(20 * MB) })).toMatchObject({ status: 200 });
    expect(await send()).toMatchObject({ status: 200 });
    expect(server.connections).toHaveLength(2);
  });
});

describe('an answer that others could read in another way', () => {
  it.each<[string, string]>([
    ['says a body where there is none', 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok'],
    ['has a body after 304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\nok'],
    ['comes twice', OK + OK.replace('200 OK', '201 Created')],
    [
      'has a chunk too many',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['says two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'],
    [
      'says a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['has bytes after the length', `${OK} more`],
  ])('since it %s leaves its connection to nobody', async (_, answer) => {
    const server = await serveTcp((socket, index) => {
      socket.once('data', () => {
        socket.write(index === 0 ? answer : OK);
      });
    });
    const send = senderTo(server);
    await send().catch(() => undefined);
    expect(String((await send()).body)).toBe('ok');
    expect(server.connections).toHaveLength(2);
  });
});
