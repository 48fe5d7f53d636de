import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RoutePolicy, ServicePolicy } from '../../lambdas/contract/policy.ts';
import { serveTcp, type TestServer } from '../support/upstreams/upstream.ts';
import { type ServedGateway, serve, times } from './support/gateway.ts';
import { open, sendBytes } from './support/http.ts';

const TIMEOUT_MS = 400;
const MB = 1024 * 1024;

let gateway: ServedGateway;
let upstream: TestServer;
let token: string;

beforeAll(async () => {
  upstream = await serveTcp((socket) => socket.on('data', (chunk) => misbehave(socket, chunk.toString('latin1'))));
  gateway = await serve({ upstreams: { users: upstream.url }, edits: { service: makeTolerant } });
  token = await gateway.token('alice', { scope: 'secret-scope' });
  // From here on no function has to start.
  for (const service of ['users', 'orders', 'products', 'payments'])
    await gateway.send(`/api/${service}/ok`, { token });
});
afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

/** Many faults in a row must neither open the circuit nor use up a limit, and a slow upstream must not cost seconds. */
function makeTolerant(policy: { -readonly [Key in keyof ServicePolicy]: ServicePolicy[Key] }): void {
  const free = (route: RoutePolicy) => ({ ...route, limits: [] });
  policy.default = free(policy.default);
  if (policy.service === 'users') Object.assign(policy, { circuit: null, timeoutMs: TIMEOUT_MS });
}

/** Requests that the upstream holds: it tells of each, and answers none. */
const held = new Set<Socket>();
let onHeld: (() => void) | undefined;

function misbehave(socket: Socket, text: string): void {
  const [, path] = /^[A-Z]+ (\S+) HTTP/.exec(text) ?? [];
  switch (path) {
    case '/ok':
      return void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    case '/reset':
      return void socket.resetAndDestroy();
    case '/close':
      return void socket.end();
    case '/garbage':
      return void socket.end('this is no HTTP\r\n\r\n');
    case '/broken-off':
      return void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    case '/bad-chunks':
      return void socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n');
    case '/vast-headers':
      return void socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\ncontent-length: 0\r\n\r\n`);
    case '/status/999':
      return void socket.write('HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n');
    case '/vast':
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${8 * MB}\r\n\r\n`);
      return void socket.end(Buffer.alloc(8 * MB));
    case '/silent':
      held.add(socket);
      onHeld?.();
      return;
    case '/trickle': {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n');
      const timer = setInterval(() => socket.write('.'), 50);
      socket.once('close', () => clearInterval(timer));
      return;
    }
  }
}

const isAlive = async () => (await gateway.send('/api/users/ok', { token })).body.toString() === 'ok';

describe('a client that sends what it should not', () => {
  afterEach(async () => expect(await isAlive()).toBe(true));

  test('headers over 10,240 bytes are answered 431, a few less pass', async () => {
    const tooMany = { 'x-large': 'x'.repeat(10_300) };
    expect((await gateway.send('/api/users/ok', { token, headers: tooMany })).status).toBe(431);
    const headers = { 'x-large': 'x'.repeat(8000) };
    expect((await gateway.send('/api/users/ok', { token, headers })).status).toBe(200);
  });

  test('headers that no server should read to the end are answered 431', async () => {
    const answer = await sendBytes(
      gateway.running.url,
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test.each([7, 11])('a body of %d MB is answered 413', async (size) => {
    const answer = await gateway.send('/api/orders', { method: 'POST', token, body: Buffer.alloc(size * MB) });
    expect(answer.status).toBe(413);
  });

  test('a body without an announced length is answered 413 once it is over 10 MB', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    const answer = await gateway.send('/api/orders', { method: 'POST', token, headers, body: Buffer.alloc(11 * MB) });
    expect(answer.status).toBe(413);
  });

  test('a text body just under 6 MB passes', async () => {
    const headers = { 'content-type': 'text/plain' };
    const body = Buffer.alloc(5.9 * MB, 'x');
    const answer = await gateway.send('/api/orders/bytes/1', { method: 'POST', token, headers, body });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['GET', '/'],
    ['GET', '/nowhere'],
    ['GET', '/api'],
    ['GET', '/api/usersx/42'],
    ['GET', '/API/users/42'],
    ['GET', '//api/users/42'],
    ['DELETE', '/health'],
    ['GET', '/health/'],
    ['GET', '/__proto__'],
  ])('%s %s is answered 404', async (method, path) => {
    expect((await gateway.send(path, { method, token })).status).toBe(404);
  });

  test.each([
    '/api/users/../orders/42',
    '/api/users/./42',
    '/api/users/..',
    '/api/users/%2e%2e/orders/42',
    '/api/users/%2E%2E%2Forders/42',
    '/api/users/..;/orders/42',
    '/api/users/..\\orders',
    '/api/users/%252e%252e/orders',
  ])('the dot segments of %s are answered 400', async (path) => {
    expect((await gateway.send(path, { token })).status).toBe(400);
  });

  test.each(['/api/users/%', '/api/users/%zz', '/api/users/%ff'])(
    'the bad escape of %s is answered 400',
    async (path) => {
      expect((await gateway.send(path, { token })).status).toBe(400);
    },
  );

  test.each([
    'GET /api/users HTTP/9.9\r\n\r\n',
    'GET\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
    'POST /api/users/ok HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /api/users/ok HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n',
    'GET /api/users/ok HTTP/1.1\r\nhost: localhost\r\nx bad: 1\r\n\r\n',
  ])('the bytes %j are answered 400', async (bytes) => {
    expect(await sendBytes(gateway.running.url, bytes)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a header value of bytes that are no ASCII passes', async () => {
    const head = `GET /api/users/ok HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\nconnection: close`;
    expect(await sendBytes(gateway.running.url, `${head}\r\nx-name: Zo\u00eb\u00ff\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });
});

describe('a client that hangs up', () => {
  afterEach(async () => expect(await isAlive()).toBe(true));

  test('in the middle of its headers or of its body leaves nothing behind', async () => {
    const before = gateway.reports().length;
    for (const part of [
      'GET /api/users/ok HTTP/1.1\r\nhost: localhost\r\nx-',
      `POST /api/users/ok HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-length: 1000\r\n\r\nhalf`,
      `POST /api/users/ok HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`,
    ]) {
      const socket = open(gateway.running.url);
      await once(socket, 'connect');
      await new Promise<void>((resolve) => socket.write(part, () => resolve()));
      socket.resetAndDestroy();
    }
    expect(await isAlive()).toBe(true);
    expect(gateway.reports()).toHaveLength(before + 1);
  });

  test('while the upstream works is logged all the same', async () => {
    const before = gateway.requestLines().filter(({ path }) => path === '/api/users/silent').length;
    const arrived = new Promise<void>((resolve) => {
      onHeld = resolve;
    });
    const socket = open(gateway.running.url);
    socket.write(`GET /api/users/silent HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await arrived;
    socket.resetAndDestroy();
    for (const connection of held) connection.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    const linesNow = () => gateway.requestLines().filter(({ path }) => path === '/api/users/silent');
    await gateway.until(() => linesNow().length === before + 1);
    expect(linesNow().at(-1)).toMatchObject({ status: 200 });
  });
});

describe('an upstream that misbehaves', () => {
  afterEach(async () => expect(await isAlive()).toBe(true));

  test.each(['/reset', '/close', '/garbage', '/broken-off', '/bad-chunks', '/vast-headers', '/status/999', '/vast'])(
    'is answered for with 502 when it does %s',
    async (path) => {
      const answer = await gateway.send(`/api/users${path}`, { token });
      expect(answer.status).toBe(502);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({ code: 'bad_gateway', request_id: answer.headers['x-request-id'] });
      expect(answer.body.toString()).not.toContain(String(upstream.port));
    },
  );

  test.each(['/silent', '/trickle'])('is answered for with 504 at its deadline when it does %s', async (path) => {
    const startMs = performance.now();
    const answer = await gateway.send(`/api/users${path}`, { token });
    const tookMs = performance.now() - startMs;
    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ code: 'upstream_timeout' });
    expect(tookMs).toBeGreaterThan(TIMEOUT_MS - 20);
    expect(tookMs).toBeLessThan(TIMEOUT_MS + 1500);
  });
});

describe('the answer of an upstream', () => {
  test('passes at 4 MB of bytes', async () => {
    const answer = await gateway.send(`/api/orders/bytes/${4 * MB}`, { token });
    expect(answer.status).toBe(200);
    expect(answer.body).toHaveLength(4 * MB);
  });

  test('is refused with 502 where Lambda could not return it', async () => {
    const answer = await gateway.send(`/api/orders/bytes/${5 * MB}`, { token });
    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ code: 'bad_gateway' });
  });
});

describe('after all of that', () => {
  test('every request that a proxy function answered left exactly one line, and no other request left any', async () => {
    await gateway.settled();
    const logged = gateway.requestLines().map(({ request_id }) => request_id);
    const answered = gateway.proxied().map(({ requestId }) => requestId);
    expect(answered.length).toBeGreaterThan(60);
    expect(logged.toSorted()).toEqual(answered.toSorted());
  });

  test('no function failed, and the process that began still serves', async () => {
    expect(gateway.reports().filter(({ status }) => status === 500 || status === 503)).toEqual([]);
    expect(gateway.events.filter((event) => event.kind === 'line' && event.stream === 'stderr')).toEqual([]);
    const before = gateway.requestLines().length;
    await times(5, isAlive);
    await gateway.settled();
    expect(
      gateway
        .requestLines()
        .slice(before)
        .some(({ cold_start }) => cold_start),
    ).toBe(false);
  });

  test('no token, query or body stands in any line', () => {
    const logged = JSON.stringify(gateway.events);
    const [, payload = '', signature = ''] = token.split('.');
    for (const secret of [token, payload, signature, 'half', 'secret-scope']) expect(logged).not.toContain(secret);
  });
});
