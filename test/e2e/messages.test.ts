import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';
import { type ServedGateway, serve } from './support/gateway.ts';

type Received = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'> & { readonly body: Buffer };

let gateway: ServedGateway;
let upstream: TestServer;
let token: string;
let received: Received | undefined;
let respond: (response: ServerResponse, request: Received) => void;

beforeAll(async () => {
  upstream = await serveHttp(async (incoming, response) => {
    const { method, url, headers, rawHeaders } = incoming;
    received = { method, url, headers, rawHeaders, body: await buffer(incoming) } as Received;
    respond(response, received);
  });
  gateway = await serve({ upstreams: { users: upstream.url } });
  token = await gateway.token('alice');
});
beforeEach(() => {
  received = undefined;
  respond = (response) => response.end('{}');
});
afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

describe('bodies', () => {
  // Every byte, so that no reading as text leaves it as it is.
  const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), randomBytes(300_000)]);

  test('of any bytes arrive unchanged, both ways', async () => {
    respond = (response, { body }) => response.setHeader('content-type', 'image/png').end(body);
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await gateway.send('/api/users/42/photo', { method: 'PUT', token, headers, body: bytes });
    expect(answer.status).toBe(200);
    expect(received?.body.equals(bytes)).toBe(true);
    expect(received?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(bytes.length),
    });
    expect(answer.body.equals(bytes)).toBe(true);
    expect(answer.headers).toMatchObject({ 'content-type': 'image/png', 'content-length': String(bytes.length) });
  });

  test('of text arrive unchanged, both ways', async () => {
    const text = '{"name":"Zoë \\u0000 𝒜\u2028"}';
    respond = (response, { body }) => response.setHeader('content-type', 'application/json').end(body);
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const answer = await gateway.send('/api/users', { method: 'POST', token, headers, body: text });
    expect(received?.body.toString()).toBe(text);
    expect(answer.body.toString()).toBe(text);
  });

  test('that say they are text and are not arrive unchanged, both ways', async () => {
    respond = (response, { body }) => response.setHeader('content-type', 'text/plain').end(body);
    const headers = { 'content-type': 'text/plain' };
    const answer = await gateway.send('/api/users', { method: 'POST', token, headers, body: bytes });
    expect(received?.body.equals(bytes)).toBe(true);
    expect(answer.body.equals(bytes)).toBe(true);
  });

  test('that the upstream compressed pass untouched', async () => {
    const zipped = gzipSync('{"hello":"world"}');
    respond = (response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        vary: 'accept-encoding',
      });
      response.end(zipped);
    };
    const answer = await gateway.send('/api/users', { token, headers: { 'accept-encoding': 'gzip' } });
    expect(received?.headers['accept-encoding']).toBe('gzip');
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(answer.body.equals(zipped)).toBe(true);
  });

  test('that come in chunks reach the upstream with their length', async () => {
    const headers = { 'transfer-encoding': 'chunked', 'content-type': 'application/json' };
    await gateway.send('/api/users', { method: 'POST', token, headers, body: '{"a":1}' });
    expect(received?.body.toString()).toBe('{"a":1}');
    expect(received?.headers).toMatchObject({ 'content-length': '7' });
    expect(received?.headers).not.toHaveProperty('transfer-encoding');
  });
});

describe('header fields', () => {
  test('cookies pass both ways, each of its own', async () => {
    respond = (response) => {
      response.setHeader('set-cookie', ['a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2; HttpOnly']).end();
    };
    const answer = await gateway.send('/api/users', { token, headers: { cookie: 'session=x; theme="dark"' } });
    expect(received?.headers.cookie).toBe('session=x; theme="dark"');
    expect(answer.headers['set-cookie']).toEqual([
      'a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      'b=2; HttpOnly',
    ]);
  });

  test('with several values keep all of them in their order, both ways', async () => {
    respond = (response) => {
      response.setHeader('x-list', ['1', '2']).setHeader('vary', ['origin', 'accept']).end();
    };
    const headers = { 'x-tags': ['one', 'two', 'three'], accept: 'text/html, application/json' };
    const answer = await gateway.send('/api/users', { token, headers });
    expect(received?.headers['x-tags']?.toString().replaceAll(' ', '')).toBe('one,two,three');
    expect(received?.headers.accept).toBe('text/html, application/json');
    expect(answer.headers['x-list']?.toString().replaceAll(' ', '')).toBe('1,2');
    expect(answer.headers.vary?.replaceAll(' ', '')).toBe('origin,accept');
  });

  test('of one connection stay on it, those that Connection names too', async () => {
    respond = (response) => {
      response.writeHead(200, { connection: 'x-inner, keep-alive', 'x-inner': '1', 'x-outer': '2' }).end();
    };
    const headers = { te: 'trailers', connection: 'keep-alive', 'proxy-authorization': 'Basic secret' };
    const answer = await gateway.send('/api/users', { token, headers });
    expect(received?.headers).not.toHaveProperty('te');
    expect(received?.headers).not.toHaveProperty('proxy-authorization');
    expect(answer.headers).toMatchObject({ 'x-outer': '2' });
    expect(answer.headers).not.toHaveProperty('x-inner');
  });

  test('secure the answers of an upstream that sets none, and leave those of one that does', async () => {
    const bare = await gateway.send('/api/users', { token });
    expect(bare.headers).toMatchObject({
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': expect.any(String),
    });
    respond = (response) => response.setHeader('x-frame-options', 'SAMEORIGIN').end();
    expect((await gateway.send('/api/users', { token })).headers['x-frame-options']).toBe('SAMEORIGIN');
  });
});

describe('methods and targets', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s reaches the upstream', async (method) => {
    respond = (response) => response.writeHead(202).end();
    expect((await gateway.send('/api/users/1', { method, token })).status).toBe(202);
    expect(received?.method).toBe(method);
  });

  test('HEAD reaches the upstream and is answered without a body', async () => {
    respond = (response) => response.setHeader('etag', '"1"').end();
    const answer = await gateway.send('/api/users/1', { method: 'HEAD', token });
    expect(received?.method).toBe('HEAD');
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    expect(answer.body).toHaveLength(0);
  });

  test.each([204, 304, 404, 422])('an upstream answer of %d passes as it is', async (status) => {
    respond = (response) => response.writeHead(status).end();
    expect((await gateway.send('/api/users/1', { token })).status).toBe(status);
  });

  test('the query passes byte for byte', async () => {
    await gateway.send('/api/users/search?q=a%20b+c&tag=1&tag=2&empty=&%E2%82%AC=x%2Fy', { token });
    expect(received?.url).toBe('/search?q=a%20b+c&tag=1&tag=2&empty=&%E2%82%AC=x%2Fy');
  });

  test('a path with reserved and foreign characters arrives encoded', async () => {
    await gateway.send('/api/users/Zo%C3%AB%20x', { token });
    expect(received?.url).toBe('/Zo%C3%AB%20x');
  });
});

describe('CORS', () => {
  const ORIGIN = 'http://localhost:5173';
  const preflight = { origin: ORIGIN, 'access-control-request-method': 'DELETE' };

  test.each(['/api/users/42', '/api/users', '/api/products/1', '/api/payments/refunds'])(
    'a preflight of %s is answered without a token and without the upstream',
    async (path) => {
      const answer = await gateway.send(path, { method: 'OPTIONS', headers: preflight });
      expect([200, 204]).toContain(answer.status);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': expect.stringContaining('DELETE'),
        'access-control-allow-headers': expect.stringContaining('authorization'),
      });
      expect(received).toBeUndefined();
    },
  );

  test('another origin is given no CORS headers', async () => {
    const headers = { ...preflight, origin: 'https://evil.example.com' };
    const answer = await gateway.send('/api/users/42', { method: 'OPTIONS', headers });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('a page may read the answers, a refusal and what it says of limits included', async () => {
    for (const message of [{ token }, { token: 'broken' }, {}]) {
      const answer = await gateway.send('/api/users/42', { ...message, headers: { origin: ORIGIN } });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-expose-headers': expect.stringMatching(/retry-after.*www-authenticate.*x-ratelimit-limit/),
      });
    }
  });

  test('an upstream has no say in it', async () => {
    respond = (response) => response.setHeader('access-control-allow-origin', '*').end();
    const answer = await gateway.send('/api/users/42', { token, headers: { origin: 'https://evil.example.com' } });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});
