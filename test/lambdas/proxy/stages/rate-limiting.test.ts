import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import type { StoreEvents } from '../../../../lambdas/proxy/pipeline-options.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { TestClock } from '../../../support/clock.ts';
import { type Counters, memoryCounters } from '../../../support/counters.ts';
import { ALICE } from '../../../support/event.ts';
import { captureLines } from '../../../support/lines.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { serveEcho, serveHttp } from '../../../support/upstreams/upstream.ts';
import { createInstance, problemOf, type TestInstance } from '../gateway.ts';
import { ScriptedCounters } from './scripted-counters.ts';

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
const REDUCED_CAPACITY = 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity';
const RATE_LIMIT_FIELDS = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit-policy',
  'ratelimit',
];

const REQUESTS = windowLimit(100, 60_000);
const BURSTS = bucketLimit(10, 20, { name: 'bursts', by: 'tenant' });
const AT_ONCE = concurrencyLimit(5, { name: 'at-once' });
const TRIAL = windowLimit(10, 60_000, { name: 'trial', shadow: true });
const SECOND_TRIAL = windowLimit(9, 60_000, { name: 'second-trial', by: 'ip', shadow: true });

let table: TestTable;
let echo: Awaited<ReturnType<typeof serveEcho>>;
let output: ReturnType<typeof captureLines>;
let counters: ScriptedCounters;
let gateways = 0;
const opened: TestInstance[] = [];

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
  counters = new ScriptedCounters();
  output = captureLines();
});
afterEach(() => {
  output.restore();
  echo.received.length = 0;
  for (const instance of opened.splice(0)) instance.close();
});

interface Options {
  readonly policy?: Partial<ServicePolicy>;
  readonly counting?: Counters;
  readonly takeStoreEvents?: () => StoreEvents;
}

function instance(limits: readonly LimitPolicy[], options: Options = {}): TestInstance {
  const policy = servicePolicy({
    gateway: `limited-${gateways}`,
    upstream: echo.url,
    default: { auth: { type: 'none' }, limits, cost: 1 },
    ...options.policy,
  });
  const { takeStoreEvents } = options;
  const created = createInstance({
    policy,
    table,
    counters: options.counting ?? counters,
    ...(takeStoreEvents && { takeStoreEvents }),
  });
  opened.push(created);
  return created;
}

function expectNoFields(headers: object | undefined): void {
  for (const field of RATE_LIMIT_FIELDS) expect(headers).not.toHaveProperty([field]);
}

describe('the answer to a request that may pass', () => {
  it('speaks of the tightest limit, and of whose it is', async () => {
    counters.said = { client: { remaining: 7 }, bursts: { remaining: 3, resetMs: 1700 } };
    const { send } = instance([REQUESTS, BURSTS, AT_ONCE, TRIAL]);
    counters.said = { ...counters.said, 'at-once': { remaining: 4 }, trial: { remaining: 0 } };
    const acme = await send({ verdict: { ...ALICE, tenant: 'acme' } });
    expect(acme).toMatchObject({
      statusCode: 200,
      headers: {
        'x-ratelimit-limit': '20',
        'x-ratelimit-remaining': '3',
        'ratelimit-policy': expect.stringMatching(/^"bursts";q=20;w=2;pk=:[\w+/]{8}:$/),
        ratelimit: expect.stringMatching(/^"bursts";r=3;t=2;pk=:[\w+/]{8}:$/),
      },
    });
    const again = await send({ verdict: { ...ALICE, client: 'sub:bob', tenant: 'acme' } });
    const other = await send({ verdict: { ...ALICE, tenant: 'other' } });
    expect(again.headers?.['ratelimit-policy']).toBe(acme.headers?.['ratelimit-policy']);
    expect(other.headers?.['ratelimit-policy']).not.toBe(acme.headers?.['ratelimit-policy']);
  });

  it('names no partition of what counts everybody', async () => {
    const { headers } = await instance([windowLimit(9, 1000, { name: 'total', by: 'total' })]).send();
    expect(headers).toMatchObject({ 'ratelimit-policy': '"total";q=9;w=1', ratelimit: '"total";r=4;t=30' });
  });

  it('says nothing of limits where the service does not want it, but for how long to wait', async () => {
    const { send } = instance([REQUESTS], { policy: { rateLimitHeaders: false } });
    const passed = await send();
    counters.outcome = 'refused';
    counters.said = { client: { allowed: false, remaining: 0, resetMs: 12_000 } };
    const refused = await send();
    expect([passed.statusCode, refused.statusCode]).toEqual([200, 429]);
    expect(refused.headers).toMatchObject({ 'retry-after': '12' });
    for (const { headers } of [passed, refused]) expectNoFields(headers);
  });

  it('is logged with no limit', async () => {
    await instance([REQUESTS, TRIAL]).send();
    expect(output.lines[0]).toMatchObject({ limited: false, limit: '' });
    for (const rare of ['shadow_limited', 'revoked', 'limits_local', 'RateLimited', 'ShadowLimited', 'CountedLocally'])
      expect(output.lines[0]).not.toHaveProperty(rare);
  });
});

describe('a request over a limit', () => {
  beforeEach(() => {
    counters.outcome = 'refused';
  });

  it('is 429, and told the longest wait and the names of all limits that refuse it', async () => {
    counters.said = {
      client: { allowed: false, remaining: 0, resetMs: 41_200 },
      bursts: { allowed: false, remaining: 0, resetMs: 1000 },
      'at-once': { remaining: 0 },
      trial: { allowed: false, remaining: 0, resetMs: 50_000 },
    };
    const refused = await instance([REQUESTS, BURSTS, AT_ONCE, TRIAL]).send();
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '42',
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '0',
      ratelimit: expect.stringContaining('"client";r=0;t=42'),
    });
    expect(problemOf(refused)).toEqual({
      type: QUOTA_EXCEEDED,
      title: 'Quota Exceeded',
      status: 429,
      code: 'rate_limited',
      detail: 'the limit client of 100 in 60 s is used up; retry after 42 s',
      request_id: 'request-1',
      'violated-policies': ['client', 'bursts'],
    });
    expect(output.lines).toMatchObject([{ status: 429, limited: true, limit: 'client', RateLimited: 1 }]);
    expect(echo.received).toEqual([]);
  });

  it('under way at once is told so by a code of its own', async () => {
    counters.said = { 'at-once': { allowed: false, remaining: 0, resetMs: 1000 } };
    const refused = await instance([REQUESTS, AT_ONCE]).send();
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': expect.stringContaining('"at-once";q=5;qu="concurrent-requests"'),
    });
    expect(problemOf(refused)).toMatchObject({
      type: QUOTA_EXCEEDED,
      status: 429,
      code: 'too_many_concurrent',
      detail: 'the limit at-once of 5 requests at once is reached; retry after 1 s',
      'violated-policies': ['at-once'],
    });
    expect(output.lines).toMatchObject([{ limited: true, limit: 'at-once', RateLimited: 1 }]);
  });

  it('that this instance counted alone may be within its quota, and is told that capacity is reduced', async () => {
    counters.said = { client: { allowed: false, remaining: 0, limit: 50, counted: 'alone' } };
    const refused = await instance([REQUESTS]).send();
    expect(problemOf(refused)).toMatchObject({
      type: REDUCED_CAPACITY,
      title: 'Temporary Reduced Capacity',
      status: 429,
      code: 'rate_limited',
      'violated-policies': ['client'],
    });
    expect(refused.headers).toMatchObject({ 'x-ratelimit-limit': '50', 'retry-after': '30' });
    expect(output.lines).toMatchObject([{ limited: true, limits_local: true, RateLimited: 1, CountedLocally: 1 }]);
  });
});

describe('a path that is one route for API Gateway and another for the upstream', () => {
  it('is counted under the limits of both, and told each name once', async () => {
    const [read, items] = ['GET /api/users/{id}', 'GET /api/users/{id}/items'];
    const auth = { type: 'none' } as const;
    const own = windowLimit(5, 60_000);
    const send = (limits: readonly LimitPolicy[] | null) =>
      instance([REQUESTS], {
        policy: { routes: { [read]: { auth, limits: [own], cost: 1 }, [items]: { auth, limits, cost: 1 } } },
      }).send({ path: '/api/users/42%2fitems', routeKey: read });
    await send(null);
    counters.outcome = 'refused';
    counters.said = { client: { allowed: false } };
    const refused = await send([REQUESTS]);
    expect(counters.asked.map(({ limits }) => limits.map(({ policy, scope }) => [policy, scope]))).toEqual([
      [
        [own, `users ${read}`],
        [REQUESTS, 'users'],
      ],
      [
        [REQUESTS, `users ${items}`],
        [own, `users ${read}`],
      ],
    ]);
    expect(problemOf(refused)).toMatchObject({ 'violated-policies': ['client'] });
    expect(output.lines).toMatchObject([{ route: items }, { route: items }]);
  });
});

describe('a limit in shadow mode', () => {
  it('refuses nothing, and tells in log and metrics what it would have refused', async () => {
    counters.said = {
      trial: { allowed: false, remaining: 0 },
      'second-trial': { allowed: false, remaining: 0 },
    };
    const passed = await instance([TRIAL, REQUESTS, SECOND_TRIAL]).send();
    expect(passed).toMatchObject({ statusCode: 200, headers: { 'x-ratelimit-limit': '100' } });
    expect(output.lines).toMatchObject([
      { status: 200, limited: false, limit: '', shadow_limited: ['trial', 'second-trial'], ShadowLimited: 2 },
    ]);
    expect(output.lines[0]).not.toHaveProperty('RateLimited');
  });

  it('is not spoken of, not even alone', async () => {
    expectNoFields((await instance([TRIAL]).send()).headers);
  });
});

describe('a revoked credential', () => {
  it('is an invalid token, and the line says that it was revoked', async () => {
    counters.outcome = 'revoked';
    const refused = await instance([REQUESTS, AT_ONCE]).send({ verdict: ALICE });
    expect(refused.headers).toMatchObject({
      'www-authenticate': 'Bearer error="invalid_token", error_description="the credential has been revoked"',
    });
    expectNoFields(refused.headers);
    expect(problemOf(refused)).toMatchObject({
      type: 'about:blank',
      status: 401,
      code: 'invalid_token',
      detail: 'the credential has been revoked',
    });
    expect(output.lines).toMatchObject([{ status: 401, user_id: 'alice', revoked: true, limited: false, Revoked: 1 }]);
    expect(output.lines[0]).not.toHaveProperty('AuthRejected');
    expect(echo.received).toEqual([]);
    expect(counters.calls.map(({ name }) => name)).toEqual(['decide']);
  });

  it('is asked for where nothing is limited; who has none is not asked for', async () => {
    const { send } = instance([]);
    await send();
    await send({ verdict: { ...ALICE, jti: 'token-1' } });
    expect(counters.asked).toEqual([
      {
        limits: [],
        identity: { client: 'sub:alice', tenant: '', plan: '', token: 'token:token-1', ip: 'ip:203.0.113.7' },
        cost: 1,
        lease: 'request-1',
      },
    ]);
  });
});

describe('without Redis', () => {
  it('a limit that closes answers 503, soon to be asked again, and tells no numbers', async () => {
    counters.outcome = 'unavailable';
    counters.said = { client: { allowed: false, counted: 'not' }, bursts: { counted: 'not' } };
    const refused = await instance([REQUESTS, BURSTS]).send();
    expect(refused.headers).toMatchObject({ 'retry-after': '1' });
    expectNoFields(refused.headers);
    expect(problemOf(refused)).toMatchObject({
      type: REDUCED_CAPACITY,
      status: 503,
      code: 'limits_unavailable',
      'violated-policies': ['client'],
    });
    expect(output.lines).toMatchObject([{ status: 503, limited: false, limit: 'client', FailedClosed: 1 }]);
    for (const other of ['RateLimited', 'CountedLocally', 'limits_local'])
      expect(output.lines[0]).not.toHaveProperty(other);
    expect(echo.received).toEqual([]);
  });

  it('what an open limit lets pass is seen, and the answer tells no numbers', async () => {
    counters.said = { client: { counted: 'not' } };
    const passed = await instance([REQUESTS]).send();
    expect(passed).toMatchObject({ statusCode: 200 });
    expectNoFields(passed.headers);
    expect(output.lines).toMatchObject([{ FailedOpen: 1 }]);
    expect(output.lines[0]).not.toHaveProperty('CountedLocally');
  });

  it('the answer speaks of what this instance counted, and of no limit that nobody did', async () => {
    counters.said = { client: { counted: 'not', remaining: 1 }, bursts: { counted: 'alone', remaining: 8 } };
    expect(await instance([REQUESTS, BURSTS]).send()).toMatchObject({
      headers: { 'x-ratelimit-remaining': '8', ratelimit: expect.stringContaining('"bursts";r=8') },
    });
    expect(output.lines).toMatchObject([{ limits_local: true, CountedLocally: 1, FailedOpen: 1 }]);
  });

  it('a request that another limit refuses was not let through by an open one', async () => {
    counters.outcome = 'refused';
    counters.said = { client: { counted: 'not' }, bursts: { counted: 'alone', allowed: false } };
    expect(await instance([REQUESTS, BURSTS]).send()).toMatchObject({ statusCode: 429 });
    expect(output.lines).toMatchObject([{ limit: 'bursts', RateLimited: 1, CountedLocally: 1 }]);
    expect(output.lines[0]).not.toHaveProperty('FailedOpen');
  });

  it('a shadow that would be open lets nothing pass that it would have refused', async () => {
    counters.said = { trial: { counted: 'not' } };
    await instance([TRIAL]).send();
    expect(output.lines[0]).not.toHaveProperty('FailedOpen');
  });

  it('what befell it is in the next line, and no more in the one after', async () => {
    const events = [
      { errors: 2, lost: 1, recovered: 0 },
      { errors: 0, lost: 0, recovered: 1 },
      { errors: 0, lost: 0, recovered: 0 },
    ];
    const { send } = instance([], {
      takeStoreEvents: () => events.shift() ?? { errors: 0, lost: 0, recovered: 0 },
    });
    for (let index = 0; index < 3; index += 1) await send();
    expect(output.lines[0]).toMatchObject({ StoreErrors: 2, StoreLost: 1 });
    expect(output.lines[1]).toMatchObject({ StoreRecovered: 1 });
    expect(output.lines[1]).not.toHaveProperty('StoreErrors');
    for (const metric of ['StoreErrors', 'StoreLost', 'StoreRecovered'])
      expect(output.lines[2]).not.toHaveProperty(metric);
  });
});

describe('what the counters have under way', () => {
  it.each([
    ['that passes', 'allowed', 200, {}],
    ['over a limit', 'refused', 429, {}],
    ['of a revoked credential', 'revoked', 401, {}],
    ['that cannot be counted', 'unavailable', 503, {}],
    ['that cannot be forwarded', 'allowed', 400, { headers: { 'x-a': 'line\nbreak' } }],
  ] as const)('is done before the reply leaves to a request %s', async (_, outcome, statusCode, event) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    counters.outcome = outcome;
    counters.settled = () => {
      asked.resolve();
      return promise;
    };
    let replied = false;
    const reply = instance([AT_ONCE])
      .send(event)
      .then((result) => {
        replied = true;
        return result;
      });
    await asked.promise;
    // Whatever does not wait for it has gone on by then.
    await new Promise((next) => setImmediate(next));
    expect(replied).toBe(false);
    resolve();
    expect(await reply).toMatchObject({ statusCode });
  });

  it('goes on while the upstream answers', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    counters.settled = () => promise;
    const upstream = await serveHttp((_, response) => {
      resolve();
      response.end();
    });
    expect(await instance([REQUESTS], { policy: { upstream: upstream.url } }).send()).toMatchObject({
      statusCode: 200,
    });
    await upstream.stop();
  });
});

describe('a lease', () => {
  const names = () => counters.calls.map(({ name }) => name);

  it.each([
    ['answers', 200],
    ['fails', 500],
  ])('is given back in the same turn of the event loop as the outcome, when the upstream %s', async (_, status) => {
    const upstream = await serveHttp((__, response) => response.writeHead(status).end());
    await instance([AT_ONCE], { policy: { upstream: upstream.url } }).send();
    await upstream.stop();
    expect(names().toSorted()).toEqual(['decide', 'record', 'release']);
    const [, one, other] = counters.calls;
    expect(one?.turn).toBe(other?.turn);
    expect(output.lines).toMatchObject([{ status }]);
  });

  it('is given back before the reply leaves', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    counters.releasing = () => {
      asked.resolve();
      return promise;
    };
    let replied = false;
    const reply = instance([AT_ONCE])
      .send()
      .then(() => {
        replied = true;
      });
    await asked.promise;
    // Whatever does not wait for the lease has gone on by then.
    await new Promise((next) => setImmediate(next));
    expect(replied).toBe(false);
    resolve();
    await reply;
    expect(replied).toBe(true);
  });

  it('is given back by a request that was not forwarded', async () => {
    const refused = await instance([AT_ONCE]).send({ headers: { 'x-a': 'line\nbreak' } });
    expect(problemOf(refused)).toMatchObject({ code: 'bad_request' });
    expect(names()).toEqual(['decide', 'release']);
  });

  it('was not taken by a request that was refused, nor where nothing bounds concurrency', async () => {
    await instance([REQUESTS]).send();
    counters.outcome = 'refused';
    counters.said = { 'at-once': { allowed: false } };
    await instance([AT_ONCE]).send();
    expect(names()).not.toContain('release');
  });

  it('lets the next request in once it is back', async () => {
    const held = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const upstream = await serveHttp(async (_, response) => {
      arrived.resolve();
      await held.promise;
      response.end();
    });
    const counting = memoryCounters(new TestClock().now);
    const limits = [concurrencyLimit(1, { name: 'at-once' })];
    const { send } = instance(limits, { counting, policy: { upstream: upstream.url } });
    const first = send({ requestId: 'first' });
    await arrived.promise;
    expect(problemOf(await send({ requestId: 'second' }))).toMatchObject({ code: 'too_many_concurrent' });
    held.resolve();
    expect(await first).toMatchObject({ statusCode: 200 });
    expect(await send({ requestId: 'third' })).toMatchObject({ statusCode: 200 });
    await upstream.stop();
  });
});

describe('a client of a public route', () => {
  it('is the network of its address, for limits, log and upstream', async () => {
    const { send } = instance([REQUESTS]);
    await send({ sourceIp: '2001:db8:0:1:aaaa::1' });
    await send({ sourceIp: '2001:db8:0:1:bbbb::2' });
    expect(counters.asked.map(({ limits }) => limits[0]?.subject)).toEqual(['ip:2001:db8:0:1::', 'ip:2001:db8:0:1::']);
    expect(output.lines[0]).toMatchObject({ client: 'ip:2001:db8:0:1::' });
    expect(echo.received[0]?.headers).toMatchObject({
      'x-client-id': 'ip:2001:db8:0:1::',
      'x-forwarded-for': '2001:db8:0:1:aaaa::1',
    });
  });
});
