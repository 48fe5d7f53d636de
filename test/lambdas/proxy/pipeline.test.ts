import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Upstream } from '../../../lambdas/adapters/http/upstream.ts';
import { ConnectionError } from '../../../lambdas/adapters/http/upstream-error.ts';
import { ANY_JWT, acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { RoutePolicy, ServicePolicy } from '../../../lambdas/contract/policy.ts';
import { invalidToken } from '../../../lambdas/core/auth/authorization.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { ALICE, type EventOptions } from '../../support/event.ts';
import { captureLines } from '../../support/lines.ts';
import { circuitPolicy, servicePolicy, windowLimit } from '../../support/policy.ts';
import { serveEcho, serveHttp, serveTcp, type TestServer } from '../../support/upstreams/upstream.ts';
import { createInstance, problemOf, type TestInstance } from './gateway.ts';
import { ScriptedCounters } from './stages/scripted-counters.ts';

const PUBLIC: RoutePolicy = { auth: { type: 'none' }, limits: [], cost: 1 };
const REFUNDS: Partial<ServicePolicy> = {
  prefix: '/api/payments',
  routes: {
    'POST /api/payments/refunds': {
      auth: { type: 'required', accepts: [acceptance('jwt', { scopes: ['payments:refund'] })] },
      limits: [windowLimit(2, 60_000)],
      cost: 1,
    },
  },
};

let table: TestTable;
let echo: Awaited<ReturnType<typeof serveEcho>>;
let gateways = 0;
let output: ReturnType<typeof captureLines>;
const opened: { close(): void }[] = [];

beforeAll(async () => {
  table = await startTable();
  echo = await serveEcho();
});
afterAll(async () => {
  await echo.stop();
  await table.stop();
});
beforeEach(() => {
  gateways += 1;
  output = captureLines();
});
afterEach(() => {
  output.restore();
  echo.received.length = 0;
  for (const instance of opened.splice(0)) instance.close();
});

function instance(changes: Partial<ServicePolicy> = {}): TestInstance {
  const policy = servicePolicy({ gateway: `gateway-${gateways}`, upstream: echo.url, ...changes });
  const created = createInstance({ policy, table });
  opened.push(created);
  return created;
}

async function withUpstream<T>(server: Promise<TestServer>, use: (url: string) => Promise<T>): Promise<T> {
  const { url, stop } = await server;
  try {
    return await use(url);
  } finally {
    await stop();
  }
}

function headersSeen(): Record<string, unknown> {
  return echo.received[0]?.headers ?? {};
}

describe('who may pass', () => {
  it('a verified client does', async () => {
    expect(await instance().send({ verdict: ALICE })).toMatchObject({ statusCode: 200 });
  });

  it('a request without a verdict is 401 on a route that needs one, with a challenge', async () => {
    const result = await instance().send();
    expect(result).toMatchObject({
      statusCode: 401,
      headers: { 'www-authenticate': 'Bearer realm="api"', 'content-type': 'application/problem+json' },
    });
    expect(problemOf(result)).toMatchObject({ code: 'unauthorized', status: 401, request_id: 'request-1' });
    expect(echo.received).toEqual([]);
  });

  it('a rejected credential is 401 and says invalid_token', async () => {
    const result = await instance().send({ verdict: invalidToken('the token has expired') });
    expect(result.headers).toMatchObject({
      'www-authenticate': 'Bearer error="invalid_token", error_description="the token has expired"',
    });
    expect(problemOf(result)).toMatchObject({ code: 'invalid_token', status: 401 });
    expect(echo.received).toEqual([]);
  });

  it('a token without the route’s scope is 403 and is told the scope', async () => {
    const send = {
      verdict: ALICE,
      method: 'POST',
      path: '/api/payments/refunds',
      routeKey: 'POST /api/payments/refunds',
    };
    const result = await instance(REFUNDS).send(send);
    expect(result).toMatchObject({ statusCode: 403 });
    expect(result.headers?.['www-authenticate']).toContain('error="insufficient_scope"');
    expect(result.headers?.['www-authenticate']).toContain('scope="payments:refund"');
    expect(await instance(REFUNDS).send({ ...send, verdict: { ...ALICE, scopes: ['payments:refund'] } })).toMatchObject(
      {
        statusCode: 200,
      },
    );
  });

  it.each([
    '/api/payments//refunds',
    '/api/payments/refunds/',
    '/api/payments/%72efunds',
    '/api/payments/REFUNDS',
    '/api/payments/%2572efunds',
    '/api/payments\\refunds',
  ])('the policy of a special route also holds for %s, which API Gateway takes for another', async (path) => {
    const send = { verdict: ALICE, method: 'POST', path, routeKey: 'ANY /api/payments/{proxy+}' };
    expect((await instance(REFUNDS).send(send)).statusCode).toBeOneOf([400, 403]);
    expect(echo.received).toEqual([]);
  });

  it.each([
    '/api/users/../orders',
    '/api/users/%2e%2e/orders',
    '/api/users/..',
    '/api/users/a/./b',
    '/api/users/%252e%252e/x',
  ])('a dot segment in %s is 400 and goes nowhere', async (path) => {
    expect(problemOf(await instance().send({ verdict: ALICE, path }))).toMatchObject({ code: 'bad_request' });
    expect(echo.received).toEqual([]);
  });
});

describe('what the upstream receives', () => {
  it('is the path without the prefix, the query as it came, and the identity', async () => {
    const result = await instance().send({ verdict: ALICE, path: '/api/users/42', query: 'x=1&y=%20a&x=2' });
    expect(echo.received[0]).toMatchObject({ method: 'GET', url: '/42?x=1&y=%20a&x=2' });
    expect(headersSeen()).toMatchObject({
      'x-user-id': 'alice',
      'x-user-email': 'alice@example.com',
      'x-user-roles': '["admin"]',
      'x-user-scopes': 'read write',
      'x-client-id': 'sub:alice',
      'x-request-id': 'request-1',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'api.example.com',
      'x-forwarded-prefix': '/api/users',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    });
    expect(result.headers).toMatchObject({ 'x-request-id': 'request-1' });
  });

  it('is / for the prefix itself, and the whole path where the prefix stays', async () => {
    await instance().send({ verdict: ALICE, path: '/api/users' });
    await instance({ stripPrefix: false, upstream: `${echo.url}/base` }).send({ verdict: ALICE });
    expect(echo.received.map(({ url }) => url)).toEqual(['/', '/base/api/users/42']);
  });

  it('is a legal path even though API Gateway hands it over decoded', async () => {
    await instance().send({ verdict: ALICE, path: '/api/users/a b?c#d/ü/100%' });
    expect(echo.received[0]?.url).toBe('/a%20b%3Fc%23d/%C3%BC/100%25');
  });

  it.each([
    ['a protected route', ALICE, {}],
    ['a public route', undefined, { default: PUBLIC }],
  ])('holds no identity that the client made up, on %s', async (_, verdict, policy) => {
    const headers = {
      'x-user-id': 'root',
      x_user_id: 'root',
      'x-user-roles': '["root"]',
      x_user_roles: '["root"]',
      'x-user-email': 'root@example.com',
      'x-user-scopes': 'root',
      'x-client-id': 'root',
      'x-request-id': 'root',
      traceparent: 'root',
      authorization: 'Bearer secret',
      connection: 'close, x-hop',
      'x-hop': 'root',
      'keep-alive': 'timeout=root',
    };
    await instance(policy).send({ verdict, headers });
    expect(JSON.stringify(headersSeen())).not.toMatch(/root|secret/);
  });

  it('holds no field that it would believe of a proxy, but one that the service keeps', async () => {
    const headers = {
      proxy: 'http://root:8080',
      'client-ip': 'root',
      true_client_ip: 'root',
      'x-original-url': '/root',
      'x-forwarded-user': 'root',
      'x-forwarded-for': '203.0.113.7',
      'remote-user': 'root',
      'x-amzn-oidc-identity': 'root',
      cf_connecting_ip: 'root',
      'cf-connecting-ip': '192.0.2.9',
    };
    await instance({ keepHeaders: ['cf-connecting-ip'] }).send({ verdict: ALICE, headers });
    expect(JSON.stringify(headersSeen())).not.toContain('root');
    expect(headersSeen()).toMatchObject({ 'cf-connecting-ip': '192.0.2.9', 'x-forwarded-for': '203.0.113.7' });
  });

  it('holds the authorization where the service asks for it', async () => {
    await instance({ forwardAuthorization: true }).send({ verdict: ALICE, headers: { authorization: 'Bearer t' } });
    expect(headersSeen()).toMatchObject({ authorization: 'Bearer t' });
  });

  it('is every cookie and every byte of the body', async () => {
    const body = randomBytes(200_000);
    await instance().send({ verdict: ALICE, method: 'PUT', cookies: ['a=1', 'b=2'], body });
    await instance().send({ verdict: ALICE, method: 'POST', body: 'grüße' });
    expect(headersSeen()).toMatchObject({ cookie: 'a=1; b=2', 'content-length': '200000' });
    expect(echo.received[0]?.body).toBe(body.toString('base64'));
    expect(Buffer.from(echo.received[1]?.body ?? '', 'base64').toString()).toBe('grüße');
  });
});

describe('what the client receives', () => {
  it('is the upstream’s status, header fields, cookies and bytes', async () => {
    const bytes = randomBytes(1000);
    const serving = serveHttp((_, response) => {
      response.writeHead(201, [
        ['content-type', 'image/png'],
        ['x-many', 'a'],
        ['x-many', 'b'],
        ['set-cookie', 'a=1; Path=/'],
        ['set-cookie', 'b=2'],
        ['connection', 'keep-alive, x-hop'],
        ['x-hop', '1'],
      ] as never);
      response.end(bytes);
    });
    await withUpstream(serving, async (upstream) => {
      const result = await instance({ upstream }).send({ verdict: ALICE });
      expect(result).toMatchObject({
        statusCode: 201,
        headers: { 'content-type': 'image/png', 'x-many': 'a, b' },
        cookies: ['a=1; Path=/', 'b=2'],
        isBase64Encoded: true,
        body: bytes.toString('base64'),
      });
      for (const field of ['connection', 'x-hop', 'set-cookie', 'content-length', 'transfer-encoding']) {
        expect(result.headers).not.toHaveProperty(field);
      }
    });
  });

  it('has security headers, the upstream’s own where it set them', async () => {
    const serving = serveHttp((_, response) => response.setHeader('x-frame-options', 'SAMEORIGIN').end());
    await withUpstream(serving, async (upstream) => {
      const { headers } = await instance({ upstream }).send({ verdict: ALICE });
      expect(headers).toMatchObject({
        'strict-transport-security': expect.stringContaining('max-age='),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
      });
    });
    expect((await instance().send()).headers).toMatchObject({ 'x-frame-options': 'DENY' });
  });

  it.each<[string, number, string, Promise<TestServer> | (() => Promise<TestServer>), Partial<ServicePolicy>]>([
    ['never answers', 504, 'upstream_timeout', () => serveTcp(() => undefined), { timeoutMs: 60 }],
    [
      'trickles past the deadline',
      504,
      'upstream_timeout',
      () => serveTcp((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\na')),
      { timeoutMs: 60 },
    ],
    ['resets the connection', 502, 'bad_gateway', () => serveTcp((socket) => socket.resetAndDestroy()), {}],
    ['answers garbage', 502, 'bad_gateway', () => serveTcp((socket) => socket.end('garbage\r\n\r\n')), {}],
    [
      'closes in the middle of a body',
      502,
      'bad_gateway',
      () => serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')),
      {},
    ],
    [
      'answers 100,000 header fields',
      502,
      'bad_gateway',
      () => serveTcp((socket) => socket.end(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}\r\n`)),
      {},
    ],
    [
      'answers more than Lambda can return',
      502,
      'bad_gateway',
      () => serveHttp((_, response) => response.end(Buffer.alloc(7_000_000))),
      {},
    ],
  ])('is a problem document when the upstream %s', async (_, status, code, serving, policy) => {
    await withUpstream(typeof serving === 'function' ? serving() : serving, async (upstream) => {
      const result = await instance({ upstream, ...policy }).send({ verdict: ALICE });
      expect(problemOf(result)).toMatchObject({ status, code });
      expect(result.headers).toMatchObject({ 'content-type': 'application/problem+json' });
    });
  });

  it('is 502 when nobody listens', async () => {
    const server = await serveTcp(() => undefined);
    await server.stop();
    expect(problemOf(await instance({ upstream: server.url }).send({ verdict: ALICE }))).toMatchObject({
      code: 'bad_gateway',
    });
  });
});

describe('the limit', () => {
  it('lets exactly its number pass, tells each request where it stands, and refuses the next with 429', async () => {
    const { send, clock } = instance({
      default: { auth: ANY_JWT, limits: [windowLimit(3, 60_000)], cost: 1 },
    });
    const remaining: unknown[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { statusCode, headers } = await send({ verdict: ALICE });
      expect(statusCode).toBe(200);
      remaining.push(headers?.['x-ratelimit-remaining']);
    }
    expect(remaining).toEqual(['2', '1', '0']);
    clock.advance(500);
    const refused = await send({ verdict: ALICE });
    expect(refused).toMatchObject({
      statusCode: 429,
      headers: {
        'retry-after': '60',
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': '0',
        'ratelimit-policy': expect.stringMatching(/^"client";q=3;w=60;pk=:[\w+/]{8}:$/),
        ratelimit: expect.stringMatching(/^"client";r=0;t=60;pk=:[\w+/]{8}:$/),
      },
    });
    expect(problemOf(refused)).toMatchObject({ code: 'rate_limited' });
    expect(echo.received).toHaveLength(3);
    expect(await send({ verdict: { ...ALICE, client: 'sub:bob', sub: 'bob' } })).toMatchObject({ statusCode: 200 });
  });

  it('counts a special route apart, and public requests by address', async () => {
    const { send } = instance({
      ...REFUNDS,
      default: { auth: { type: 'none' }, limits: [windowLimit(1, 60_000)], cost: 1 },
    });
    const verdict = { ...ALICE, scopes: ['payments:refund'] };
    const refund: EventOptions = {
      verdict,
      method: 'POST',
      path: '/api/payments/refunds',
      routeKey: 'POST /api/payments/refunds',
    };
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await send(refund)).statusCode);
    for (const sourceIp of ['203.0.113.1', '203.0.113.1', '203.0.113.2']) {
      statuses.push((await send({ path: '/api/payments/1', sourceIp })).statusCode);
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429, 200]);
  });

  it('does not count what authentication refused', async () => {
    const { send } = instance({
      default: { auth: ANY_JWT, limits: [windowLimit(1, 60_000)], cost: 1 },
    });
    for (let index = 0; index < 5; index += 1) await send();
    expect(await send({ verdict: ALICE })).toMatchObject({ statusCode: 200 });
  });
});

describe('the line of a request', () => {
  it('tells everything of it once, with the metrics, and no secret', async () => {
    const { send } = instance();
    await send({
      verdict: ALICE,
      query: 'key=secret',
      headers: { authorization: 'Bearer secret', cookie: 'secret' },
      body: 'secret',
      method: 'POST',
    });
    await send();
    expect(output.lines).toHaveLength(2);
    expect(JSON.stringify(output.lines)).not.toContain('secret');
    expect(output.lines[0]).toMatchObject({
      request_id: 'request-1',
      user_id: 'alice',
      client: 'sub:alice',
      service: 'users',
      upstream: echo.url,
      route: 'ANY /api/users/{proxy+}',
      method: 'POST',
      path: '/api/users/42',
      status: 200,
      latency_ms: expect.any(Number),
      upstream_ms: expect.any(Number),
      overhead_ms: expect.any(Number),
      verdict: 'verified',
      limited: false,
      circuit: 'closed',
      bytes_out: expect.any(Number),
      cold_start: true,
      Service: 'users',
      Requests: 1,
      Failures: 0,
    });
    expect(output.lines[1]).toMatchObject({ status: 401, verdict: 'none', cold_start: false, AuthRejected: 1 });
    expect(output.lines[1]).not.toHaveProperty('Failures');
  });

  it('shows no credential that a client puts into its path or calls itself by', async () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'s'.repeat(86)}`;
    const key = `tgk_4fzN9qXw2LbC_${'K7'.repeat(24)}x`;
    const hex = '0123456789abcdef'.repeat(2);
    const { send } = instance();
    for (const secret of [token, key, hex]) {
      output.lines.length = 0;
      await send({ verdict: ALICE, path: `/api/users/${secret}/items`, userAgent: `app/1.0 (${secret})` });
      await send({ path: `/api/users/${secret}/../x` });
      expect(output.lines).toMatchObject([
        { status: 200, path: '/api/users/[masked]/items', user_agent: 'app/1.0 ([masked])' },
        { status: 401, path: '/api/users/[masked]/../x' },
      ]);
      expect(JSON.stringify(output.lines)).not.toContain(secret);
    }
    // The upstream gets what the client sent.
    expect(echo.received[0]?.url).toBe(`/${token}/items`);
  });

  it('is bounded, whatever a client sends', async () => {
    const long = 'a-b/'.repeat(2500);
    await instance().send({ verdict: ALICE, path: `/api/users/${long}`, userAgent: long });
    const [{ path, user_agent } = {}] = output.lines as { path?: string; user_agent?: string }[];
    expect([path?.length, user_agent?.length]).toEqual([1024, 128]);
  });

  it('declares the metrics for CloudWatch, the alarm’s at one-second resolution', async () => {
    await instance().send({ verdict: ALICE });
    const { CloudWatchMetrics } = (output.lines[0]?.['_aws'] ?? {}) as {
      CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: Record<string, unknown>[] }[];
    };
    expect(CloudWatchMetrics).toMatchObject([{ Namespace: 'Tollgate', Dimensions: [['Service']] }]);
    expect(CloudWatchMetrics[0]?.Metrics).toContainEqual({ Name: 'Failures', Unit: 'Count', StorageResolution: 1 });
    expect(CloudWatchMetrics[0]?.Metrics).toContainEqual({ Name: 'Overhead', Unit: 'Milliseconds' });
  });
});

it('a fault of the gateway’s own is a 500 that tells nothing and a line that tells what', async () => {
  const policy = servicePolicy({ gateway: `gateway-${gateways}`, upstream: echo.url });
  const fails = () => Promise.reject(new Error('internal detail'));
  const counters = { limiter: { decide: fails, release: fails, settled: () => undefined } };
  const created = createInstance({ policy, table, counters });
  opened.push(created);
  const result = await created.send({ verdict: ALICE });
  expect(problemOf(result)).toMatchObject({ status: 500, code: 'internal_error' });
  expect(result.body).not.toContain('internal detail');
  expect(output.lines[0]).toMatchObject({ message: 'request failed', error: 'Error: internal detail' });
});

it('an attempt that failed is logged and reported to the circuit where a fault of the gateway follows it', async () => {
  const outcomes = new ScriptedCounters();
  const policy = servicePolicy({
    upstream: echo.url,
    retry: { attempts: 1, budgetShare: 1 },
    circuit: circuitPolicy(),
  });
  const created = createInstance({ policy, table, counters: { outcomes, retryBudget: outcomes } });
  opened.push(created);
  const send = vi
    .spyOn(Upstream.prototype, 'send')
    .mockRejectedValueOnce(new ConnectionError('unreachable', 'ECONNRESET', false, undefined))
    .mockRejectedValueOnce(new TypeError('a fault'));
  const result = await created.send({ verdict: ALICE });
  expect(send).toHaveBeenCalledTimes(2);
  send.mockRestore();
  expect(problemOf(result)).toMatchObject({ status: 500, code: 'internal_error' });
  expect(output.lines.at(-1)).toMatchObject({ status: 500, upstream_ms: expect.any(Number), Failures: 1 });
  expect(outcomes.calls).toMatchObject([{ name: 'record' }]);
});
