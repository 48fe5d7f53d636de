import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { AssemblyFixture } from '../support/assembly.ts';
import { serveFixture } from '../support/gateway.ts';
import { sendRaw } from '../support/raw.ts';

const OK = { code: 'export const handler = async () => ({ statusCode: 200, body: "fine" });' };

async function serve(fixture: AssemblyFixture) {
  const { gateway, events } = await serveFixture(fixture);
  return {
    gateway,
    reasons: () => events.flatMap((event) => (event.kind === 'request' ? [event.report.reason] : [])),
    get: async (path: string, init?: RequestInit) => {
      const response = await fetch(`${gateway.url}${path}`, init);
      return { status: response.status, body: await response.text(), headers: response.headers };
    },
  };
}

function withAuthorizer(code: string, properties?: Readonly<Record<string, unknown>>): AssemblyFixture {
  return {
    functions: { Ok: OK, Guard: { code } },
    routes: { 'GET /guarded': { function: 'Ok', authorized: true } },
    authorizer: { function: 'Guard', ...(properties && { properties }) },
  };
}

const TOKEN = { headers: { authorization: 'Bearer t' } };

test('no route is 404 Not Found', async () => {
  const { get } = await serve({ functions: { Ok: OK }, routes: { 'GET /there': { function: 'Ok' } } });
  expect(await get('/elsewhere')).toMatchObject({ status: 404, body: '{"message":"Not Found"}' });
  expect(await get('/there', { method: 'POST' })).toMatchObject({ status: 404 });
});

test('every answer has an id of its own', async () => {
  const { get } = await serve({ functions: { Ok: OK }, routes: { 'GET /there': { function: 'Ok' } } });
  const ids = [await get('/there'), await get('/elsewhere')].map(({ headers }) => headers.get('apigw-requestid'));
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[\w]{15}=$/);
});

test('a missing identity source is 401 Unauthorized, and the authorizer is not asked', async () => {
  const { get } = await serve(withAuthorizer('export const handler = () => { throw new Error("asked"); };'));
  expect(await get('/guarded')).toMatchObject({ status: 401, body: '{"message":"Unauthorized"}' });
});

test('a denial is 403 Forbidden', async () => {
  const { get } = await serve(withAuthorizer('export const handler = async () => ({ isAuthorized: false });'));
  expect(await get('/guarded', TOKEN)).toMatchObject({ status: 403, body: '{"message":"Forbidden"}' });
});

test.each([
  ['throws', 'export const handler = async () => { throw new Error("no JWKS"); };'],
  ['answers in another form', 'export const handler = async () => ({ isAuthorized: "yes" });'],
  ['answers nothing', 'export const handler = async () => {};'],
  ['does not load', 'throw new Error("no instance");'],
])('an authorizer that %s is 500 Internal Server Error', async (_, code) => {
  const { get } = await serve(withAuthorizer(code));
  expect(await get('/guarded', TOKEN)).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
});

test.each([
  ['throws', 'export const handler = async () => { throw new Error("x"); };'],
  ['answers a malformed reply', 'export const handler = async () => ({ statusCode: 200, body: {} });'],
  ['answers more than 6 MB', 'export const handler = async () => ({ statusCode: 200, body: "x".repeat(6.5e6) });'],
  [
    'answers a header that HTTP does not allow',
    'export const handler = async () => ({ statusCode: 200, headers: { x: "a\\nb" } });',
  ],
  ['ends its process', 'export const handler = async () => process.exit(3);'],
  ['has no such export', 'export const other = 1;'],
])('a function that %s is 500 Internal Server Error', async (_, code) => {
  const { get } = await serve({ functions: { Bad: { code } }, routes: { 'GET /bad': { function: 'Bad' } } });
  expect(await get('/bad')).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
});

const SLOW = 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));';

test('a function that is over its own time is 500', async () => {
  const { get } = await serve({
    functions: { Slow: { code: SLOW, properties: { Timeout: 0.05 } } },
    routes: { 'GET /slow': { function: 'Slow' } },
  });
  expect(await get('/slow')).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
});

test('an integration that is over its time is 503 Service Unavailable', async () => {
  const { get } = await serve({
    functions: { Slow: { code: SLOW, properties: { Timeout: 30 } } },
    routes: { 'GET /slow': { function: 'Slow', timeoutMs: 50 } },
  });
  expect(await get('/slow')).toMatchObject({ status: 503, body: '{"message":"Service Unavailable"}' });
});

test('an event for which no instance became free in time is 503, and the reason says so', async () => {
  const { get, reasons } = await serve({
    functions: { Slow: { code: SLOW, properties: { Timeout: 30 } } },
    routes: { 'GET /slow': { function: 'Slow', timeoutMs: 1000 } },
  });
  const all = await Promise.all(Array.from({ length: 33 }, () => get('/slow')));
  expect(all.every(({ status }) => status === 503)).toBe(true);
  expect(reasons().filter((reason) => reason === 'integration timeout')).toHaveLength(32);
  expect(reasons()).toContain('no free instance in time: all 32 of the local run were busy');
}, 20_000);

test('a function over its reserved concurrency is 503', async () => {
  const { get, reasons } = await serve({
    functions: { Slow: { code: SLOW, properties: { Timeout: 30, ReservedConcurrentExecutions: 1 } } },
    routes: { 'GET /slow': { function: 'Slow', timeoutMs: 300 } },
  });
  const both = await Promise.all([get('/slow'), get('/slow')]);
  expect(both.map(({ status }) => status)).toEqual([503, 503]);
  expect(reasons()).toEqual(['function throttled', 'integration timeout']);
});

test('a stage over its rate is 429 Too Many Requests', async () => {
  const { get } = await serve({
    functions: { Ok: OK },
    routes: { 'GET /there': { function: 'Ok' } },
    stage: { DefaultRouteSettings: { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 2 } },
  });
  const statuses = [await get('/there'), await get('/there'), await get('/there')];
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(statuses[2]?.body).toBe('{"message":"Too Many Requests"}');
});

test('headers of an answer over 10,240 bytes, names included, are 500', async () => {
  const code = `export const handler = async ({ rawPath }) => ({
    statusCode: 200,
    headers: { 'x-filled': 'a'.repeat(10_240 - 'x-filled'.length - 'content-typetext/plain;charset=utf-8'.length + Number(rawPath.slice(1))) },
    body: 'fine',
  });`;
  const { get, reasons } = await serve({
    functions: { Filled: { code } },
    routes: { 'GET /{over}': { function: 'Filled' } },
  });
  expect(await get('/0')).toMatchObject({ status: 200, body: 'fine' });
  expect(await get('/1')).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
  expect(reasons()).toEqual([undefined, 'reply headers over 10,240 bytes']);
});

test('a function’s challenge reaches clients where the integration writes it anew, and beside its renamed self', async () => {
  const code = `export const handler = async ({ rawPath }) => ({
    statusCode: Number(rawPath.slice(1)),
    headers: { 'WWW-Authenticate': 'Bearer', 'X-Challenge': 'Bearer' },
  });`;
  const responseParameters = {
    401: {
      ResponseParameters: [
        { Destination: 'overwrite:header.WWW-Authenticate', Source: '$response.header.x-challenge' },
      ],
    },
  };
  const { get } = await serve({
    functions: { Refusing: { code } },
    routes: { 'GET /{status}': { function: 'Refusing', responseParameters } },
  });
  const names = ['www-authenticate', 'x-amzn-remapped-www-authenticate', 'x-challenge'];
  const seen = async (path: string) => {
    const { headers } = await get(path);
    return names.map((name) => headers.get(name));
  };
  expect(await seen('/401')).toEqual(['Bearer', 'Bearer', 'Bearer']);
  expect(await seen('/403')).toEqual([null, 'Bearer', 'Bearer']);
});

test('a body over 10 MB is 413, told by its length or found on the way', async () => {
  const { get } = await serve({ functions: { Ok: OK }, routes: { 'POST /there': { function: 'Ok' } } });
  const body = Buffer.alloc(10 * 1024 * 1024 + 1);
  const told = await get('/there', { method: 'POST', body });
  expect(told).toMatchObject({ status: 413, body: '{"message":"Request Entity Too Large"}' });
  const found = await get('/there', { method: 'POST', body: new Blob([body]).stream(), duplex: 'half' } as RequestInit);
  expect(found.status).toBe(413);
});

test('a client that sends all of a body over 10 MB gets its answer, since the connection stays open', async () => {
  const { gateway } = await serve({ functions: { Ok: OK }, routes: { 'POST /there': { function: 'Ok' } } });
  const bytes = 10 * 1024 * 1024 + 1;
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').setEncoding('latin1');
  socket.write(`POST /there HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`);
  expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 413 /);
  socket.write(Buffer.alloc(bytes));
  socket.write('GET /next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 404 /);
  socket.destroy();
});

test('an event over 6 MB is 413', async () => {
  const { get } = await serve({ functions: { Ok: OK }, routes: { 'POST /there': { function: 'Ok' } } });
  expect(await get('/there', { method: 'POST', body: Buffer.alloc(5 * 1024 * 1024) })).toMatchObject({ status: 413 });
});

test('headers over 10,240 bytes are 431, whether the parser takes them or not', async () => {
  const { get } = await serve({ functions: { Ok: OK }, routes: { 'GET /there': { function: 'Ok' } } });
  const message = '{"message":"Request Header Fields Too Large"}';
  for (const size of [10_300, 80_000]) {
    expect(await get('/there', { headers: { 'x-large': 'a'.repeat(size) } })).toMatchObject({
      status: 431,
      body: message,
    });
  }
});

test('what is no HTTP, or badly encoded, is 400', async () => {
  const { gateway, get } = await serve({ functions: { Ok: OK }, routes: { 'GET /{id}': { function: 'Ok' } } });
  expect(await sendRaw(gateway.port, 'garbage\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await get('/%zz')).toMatchObject({ status: 400, body: '{"message":"Bad Request"}' });
});

test('a client that hangs up in the middle of its body leaves the gateway as it was', async () => {
  const { gateway, get } = await serve({ functions: { Ok: OK }, routes: { 'ANY /there': { function: 'Ok' } } });
  await sendRaw(
    gateway.port,
    'POST /there HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\nconnection: close\r\n\r\nabcd',
  );
  const { connect } = await import('node:net');
  await new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write('POST /there HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nabc', () => socket.destroy());
    }).once('close', resolve);
  });
  expect(await get('/there')).toMatchObject({ status: 200 });
});

test('HEAD has the length and no body', async () => {
  const { get } = await serve({ functions: { Ok: OK }, routes: { 'ANY /there': { function: 'Ok' } } });
  const head = await get('/there', { method: 'HEAD' });
  expect([head.status, head.body, head.headers.get('content-length')]).toEqual([200, '', '4']);
});
