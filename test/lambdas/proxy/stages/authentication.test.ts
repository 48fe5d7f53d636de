import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLimiter } from '../../../../lambdas/adapters/limits/memory-limiter.ts';
import { ANY_JWT, acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { Rejected, Verified } from '../../../../lambdas/contract/auth/verdict.ts';
import type { RoutePolicy, ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { invalidToken } from '../../../../lambdas/core/auth/authorization.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { TestClock } from '../../../support/clock.ts';
import { ALICE, type EventOptions } from '../../../support/event.ts';
import { NO_RULES } from '../../../support/limits/redis-limiter.ts';
import { captureLines } from '../../../support/lines.ts';
import { concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { serveEcho } from '../../../support/upstreams/upstream.ts';
import { createInstance, problemOf, type TestInstance } from '../gateway.ts';
import { ScriptedCounters } from './scripted-counters.ts';

const BAD_CREDENTIALS = windowLimit(3, 60_000, { name: 'bad-credentials', by: 'ip' });
const INVALID = invalidToken('the token is not valid');
const ANONYMOUS = { verdict: 'anonymous' } as const;
const KEY: Verified = { ...ALICE, kind: 'apiKey', client: 'key:4fzN9qXw2LbC', sub: '', email: '' };
const EXPIRED: Rejected = { ...invalidToken('the token has expired'), expired: true };
const LACKING: Rejected = {
  ...invalidToken(''),
  error: 'insufficient_scope',
  errorDescription: 'this route needs the scope refund',
  scopes: ['refund'],
  client: 'sub:alice',
  sub: 'alice',
};

const OPTIONAL = 'GET /api/users/feed';
const OPEN = 'GET /api/users/status';
const GUARDED = 'POST /api/users/refunds';
const KEYED = 'GET /api/users/export';
const ROUTES: Readonly<Record<string, RoutePolicy>> = {
  [OPTIONAL]: { auth: { type: 'optional', accepts: [acceptance('jwt')] }, limits: null, cost: 1 },
  [OPEN]: { auth: { type: 'none' }, limits: null, cost: 1 },
  [GUARDED]: {
    auth: { type: 'required', accepts: [acceptance('jwt', { scopes: ['refund'] })] },
    limits: null,
    cost: 5,
  },
  [KEYED]: {
    auth: { type: 'required', accepts: [acceptance('apiKey', { header: 'x-api-key' })] },
    limits: null,
    cost: 1,
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

interface Options extends Pick<Parameters<typeof createInstance>[0], 'counters' | 'clock'> {
  readonly policy?: Partial<ServicePolicy>;
}

function instance({ policy: changes, ...options }: Options = {}): TestInstance {
  const policy = servicePolicy({
    gateway: `authentication-${gateways}`,
    upstream: echo.url,
    routes: ROUTES,
    badCredentials: BAD_CREDENTIALS,
    ...changes,
  });
  const created = createInstance({ policy, table, ...options });
  opened.push(created);
  return created;
}

function to(routeKey: string, event: EventOptions = {}): EventOptions {
  const [method = '', path = ''] = routeKey.split(' ');
  return { routeKey, method, path, ...event };
}

function headersSeen(): Record<string, unknown> {
  return echo.received[0]?.headers ?? {};
}

describe('a request that presents nothing', () => {
  it('passes on an optional route as its address does on a public one', async () => {
    const { send } = instance();
    for (const route of [OPTIONAL, OPEN]) {
      const event = route === OPTIONAL ? { verdict: ANONYMOUS } : {};
      expect(await send(to(route, { ...event, sourceIp: '2001:db8::7' }))).toMatchObject({ statusCode: 200 });
    }
    expect(echo.received.map(({ headers }) => headers['x-client-id'])).toEqual(['ip:2001:db8::', 'ip:2001:db8::']);
    for (const { headers } of echo.received) expect(headers).not.toHaveProperty('x-user-id');
    expect(output.lines).toMatchObject([
      { verdict: 'anonymous', client: 'ip:2001:db8::', user_id: '' },
      { verdict: 'none', client: 'ip:2001:db8::', user_id: '' },
    ]);
  });

  it('is 401 on an optional route of which the authorizer was not asked: nobody said that it presents nothing', async () => {
    expect(problemOf(await instance().send(to(OPTIONAL)))).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(echo.received).toEqual([]);
  });

  it('is 401 on any other, also where the authorizer was asked', async () => {
    const result = await instance().send({ verdict: ANONYMOUS });
    expect(problemOf(result)).toMatchObject({ status: 401, code: 'unauthorized' });
  });
});

describe('a credential that may not do what is asked', () => {
  it.each<[string, Rejected | Verified]>([
    ['the authorizer', LACKING],
    ['the function itself', ALICE],
  ])('is its client’s, in the line too, whether %s found it', async (_, verdict) => {
    const result = await instance().send(to(GUARDED, { verdict }));
    expect(problemOf(result)).toMatchObject({ status: 403, code: 'insufficient_scope' });
    expect(result.headers).toMatchObject({
      'www-authenticate':
        'Bearer error="insufficient_scope", error_description="this route needs the scope refund", scope="refund"',
    });
    expect(output.lines).toMatchObject([{ status: 403, client: 'sub:alice', user_id: 'alice', AuthRejected: 1 }]);
    expect(echo.received).toEqual([]);
  });
});

describe('an API key', () => {
  it('is a client without a user, and goes no further than the gateway', async () => {
    const headers = { 'x-api-key': 'tgk_secret', X_API_KEY: 'tgk_secret', authorization: 'Bearer tgk_secret' };
    expect(await instance().send(to(KEYED, { verdict: KEY, headers }))).toMatchObject({ statusCode: 200 });
    expect(headersSeen()).toMatchObject({ 'x-client-id': 'key:4fzN9qXw2LbC' });
    expect(headersSeen()).not.toHaveProperty('x-user-id');
    expect(JSON.stringify([headersSeen(), output.lines])).not.toContain('tgk_secret');
    expect(output.lines).toMatchObject([{ client: 'key:4fzN9qXw2LbC', user_id: '', verdict: 'verified' }]);
  });

  it('is no credential where only tokens are taken, whatever the authorizer said', async () => {
    expect(problemOf(await instance().send({ verdict: KEY }))).toMatchObject({ status: 401, code: 'invalid_token' });
  });
});

it('the upstream is told who calls by the names of its gateway, which no client can use', async () => {
  const identityHeaders = { 'x-account': 'sub', 'x-org': '/org/name' } as const;
  const headers = { 'x-account': 'root', x_org: 'root', 'x-user-id': 'root', 'x-client-id': 'root' };
  const { send } = instance({ policy: { identityHeaders } });
  await send({ verdict: { ...ALICE, claims: { '/org/name': 'acme' } }, headers });
  expect(headersSeen()).toMatchObject({ 'x-account': 'alice', 'x-org': 'acme' });
  expect(JSON.stringify(headersSeen())).not.toContain('root');
  expect(headersSeen()).not.toHaveProperty('x-user-id');
});

describe('an address that goes on presenting bad credentials', () => {
  async function statuses(send: TestInstance['send'], events: readonly EventOptions[]): Promise<number[]> {
    const answered: number[] = [];
    for (const event of events) answered.push((await send(event)).statusCode ?? 0);
    return answered;
  }
  const times = (count: number, event: EventOptions) => Array.from({ length: count }, () => event);

  it('is told to wait, in place of what is wrong with them', async () => {
    const { send } = instance();
    expect(await statuses(send, times(3, { verdict: INVALID }))).toEqual([401, 401, 401]);
    const refused = await send({ verdict: INVALID });
    expect(refused).toMatchObject({
      statusCode: 429,
      headers: { 'retry-after': '60', 'content-type': 'application/problem+json' },
    });
    expect(problemOf(refused)).toMatchObject({ code: 'rate_limited', 'violated-policies': ['bad-credentials'] });
    expect(refused.headers).not.toHaveProperty('www-authenticate');
    expect(output.lines.at(-1)).toMatchObject({
      status: 429,
      verdict: 'rejected',
      client: 'ip:203.0.113.7',
      limited: true,
      limit: 'bad-credentials',
      RateLimited: 1,
    });
    expect(output.lines.at(-1)).not.toHaveProperty('AuthRejected');
    expect(output.lines[0]).toMatchObject({ status: 401, limited: false, limit: '', AuthRejected: 1 });
  });

  it('is heard again when the window has passed', async () => {
    const { send, clock } = instance();
    await statuses(send, times(4, { verdict: INVALID }));
    clock.advance(60_001);
    expect(await statuses(send, times(4, { verdict: INVALID }))).toEqual([401, 401, 401, 429]);
  });

  it('may present good ones all the while, and what they count for is theirs alone', async () => {
    const { send } = instance();
    await statuses(send, times(5, { verdict: INVALID }));
    const good = await send({ verdict: ALICE });
    expect(good).toMatchObject({ statusCode: 200, headers: { 'x-ratelimit-remaining': '99' } });
    expect(await statuses(send, [to(OPEN), to(OPTIONAL, { verdict: ANONYMOUS })])).toEqual([200, 200]);
  });

  it('is one alone: of IPv6 a network', async () => {
    const { send } = instance();
    await statuses(send, times(3, { verdict: INVALID, sourceIp: '2001:db8::1' }));
    const others = [{ sourceIp: '2001:db8::2' }, { sourceIp: '2001:db8:0:1::1' }, { sourceIp: '192.0.2.1' }];
    const events = others.map((source) => ({ ...source, verdict: INVALID }));
    expect(await statuses(send, events)).toEqual([429, 401, 401]);
  });

  it('is not one that presents nothing, or what may not do what is asked', async () => {
    const { send } = instance();
    await statuses(send, [
      ...times(5, {}),
      ...times(5, { verdict: ANONYMOUS }),
      ...times(5, to(GUARDED, { verdict: LACKING })),
      ...times(5, to(GUARDED, { verdict: ALICE })),
    ]);
    expect(await statuses(send, times(4, { verdict: INVALID }))).toEqual([401, 401, 401, 429]);
  });

  it('is not one whose token was good and has expired: it must hear so, or it never gets a new one', async () => {
    const { send } = instance();
    expect(await statuses(send, times(10, { verdict: EXPIRED }))).toEqual(Array(10).fill(401));
    expect((await send({ verdict: EXPIRED })).headers).toMatchObject({
      'www-authenticate': 'Bearer error="invalid_token", error_description="the token has expired"',
    });
    expect(await statuses(send, times(4, { verdict: { ...EXPIRED, expired: false } }))).toEqual([401, 401, 401, 429]);
  });

  it('is counted once a request, on all routes together, whatever they cost and whichever limits they have', async () => {
    const { send } = instance();
    const routes = [to(GUARDED, { verdict: INVALID }), to(OPTIONAL, { verdict: INVALID }), { verdict: INVALID }];
    expect(await statuses(send, [...routes, to(KEYED, { verdict: INVALID })])).toEqual([401, 401, 401, 429]);
    expect(output.lines[0]).not.toHaveProperty('cost');
  });

  it('is counted by this instance alone while Redis is lost', async () => {
    const clock = new TestClock();
    const counters = { limiter: new MemoryLimiter({ clock: clock.now, shared: true, rules: NO_RULES }) };
    const { send } = instance({ clock, counters, policy: { badCredentials: { ...BAD_CREDENTIALS, limit: 4 } } });
    expect(await statuses(send, times(3, { verdict: INVALID }))).toEqual([401, 401, 429]);
    expect(output.lines.at(-1)).toMatchObject({ limit: 'bad-credentials', limits_local: true, CountedLocally: 1 });
  });

  it('is only noted while the limit is on trial', async () => {
    const { send } = instance({ policy: { badCredentials: { ...BAD_CREDENTIALS, shadow: true } } });
    expect(await statuses(send, times(4, { verdict: INVALID }))).toEqual([401, 401, 401, 401]);
    expect(output.lines.at(-1)).toMatchObject({
      status: 401,
      limited: false,
      shadow_limited: ['bad-credentials'],
      ShadowLimited: 1,
      AuthRejected: 1,
    });
  });

  it('is asked about once, by its address, and nothing else is counted', async () => {
    const counters = new ScriptedCounters();
    const { send } = instance({ counters, policy: { gatewayLimits: [windowLimit(9, 1000, { name: 'all' })] } });
    await send({ verdict: INVALID, requestId: 'request-7' });
    const ip = 'ip:203.0.113.7';
    expect(counters.asked).toEqual([
      {
        limits: [{ policy: BAD_CREDENTIALS, scope: '', subject: ip }],
        identity: { client: ip, tenant: '', plan: '', token: '', ip },
        cost: 1,
        lease: 'request-7',
      },
    ]);
    expect(counters.calls.map(({ name }) => name)).toEqual(['decide']);
  });

  it('may go on where the gateway has no such limit', async () => {
    const counters = new ScriptedCounters();
    const { send } = instance({ counters, policy: { badCredentials: null } });
    expect(await statuses(send, times(5, { verdict: INVALID }))).toEqual([401, 401, 401, 401, 401]);
    expect(counters.asked).toEqual([]);
  });

  it('is refused as the limit says where nobody can count', async () => {
    const counters = new ScriptedCounters();
    counters.outcome = 'unavailable';
    counters.said = { 'bad-credentials': { allowed: false, counted: 'not' } };
    const { send } = instance({ counters });
    expect(problemOf(await send({ verdict: INVALID }))).toMatchObject({ status: 503, code: 'limits_unavailable' });
  });
});

describe('a client that goes on trying what it may not do', () => {
  const limits = [windowLimit(3, 60_000)];
  const counted = { policy: { default: { auth: ANY_JWT, limits, cost: 1 } } };
  const dots = '/api/users/%2e%2e/orders';

  async function answers(event: EventOptions, options: Options = counted, count = 4) {
    const { send } = instance(options);
    const results = [];
    for (let index = 0; index < count; index += 1) results.push(await send(event));
    return { results, statuses: results.map(({ statusCode }) => statusCode), send };
  }

  it.each<[string, number, EventOptions]>([
    ['lacks a scope', 403, { ...to(GUARDED, { verdict: ALICE }), path: '/api/users/REFUNDS' }],
    ['is refused by the authorizer', 403, { verdict: LACKING }],
    ['asks for a path with dot segments', 400, { verdict: ALICE, path: dots }],
  ])('and %s has %i until its limit is used up, then 429', async (_, status, event) => {
    const route = { ...(ROUTES[GUARDED] as RoutePolicy), cost: 1 };
    const policy = { ...counted.policy, routes: { [GUARDED]: route } };
    const { results, statuses, send } = await answers(event, { policy });
    expect(statuses).toEqual([status, status, status, 429]);
    expect(results[0]?.headers).toMatchObject({ 'x-ratelimit-remaining': '2' });
    expect(problemOf(results[3] ?? {})).toMatchObject({ code: 'rate_limited', 'violated-policies': ['client'] });
    expect(output.lines[0]).toMatchObject({ status, client: 'sub:alice', limited: false });
    expect(output.lines[3]).toMatchObject({ status: 429, client: 'sub:alice', limited: true, RateLimited: 1 });
    // What it may do counts in the same limit, and others have their own.
    expect(await send({ verdict: ALICE })).toMatchObject({ statusCode: 429 });
    expect(await send({ verdict: { ...ALICE, client: 'sub:bob', sub: 'bob' } })).toMatchObject({ statusCode: 200 });
    expect(echo.received).toHaveLength(1);
  });

  it('is counted by its plan and tenant as for what it may do', async () => {
    const plans = { pro: 5 };
    const perPlan = [windowLimit(1, 60_000, { plans }), windowLimit(9, 60_000, { name: 'tenant', by: 'tenant' })];
    const counters = new ScriptedCounters();
    const lacking = { ...LACKING, plan: 'pro', tenant: 'acme', jti: 'token-1' };
    const policy = { default: { auth: ANY_JWT, limits: perPlan, cost: 1 } };
    await answers({ verdict: lacking }, { counters, policy }, 1);
    await answers({ verdict: { ...ALICE, plan: 'pro', tenant: 'acme', jti: 'token-1' } }, { counters, policy }, 1);
    expect(counters.asked[0]).toEqual(counters.asked[1]);
  });

  it('is counted by its address on a public route', async () => {
    const policy = { default: { auth: { type: 'none' }, limits, cost: 1 } } as const;
    expect((await answers({ path: dots }, { policy })).statuses).toEqual([400, 400, 400, 429]);
  });

  it('is refused all the same where there is no limit', async () => {
    const policy = { default: { auth: { type: 'none' }, limits: [], cost: 1 } } as const;
    expect((await answers({ path: dots }, { policy })).statuses).toEqual([400, 400, 400, 400]);
    expect((await answers(to(GUARDED, { verdict: ALICE }), { policy })).statuses).toEqual([403, 403, 403, 403]);
    expect(echo.received).toEqual([]);
  });

  it('gives back the places that it takes among requests at once', async () => {
    const policy = { default: { auth: ANY_JWT, limits: [concurrencyLimit(1)], cost: 1 } };
    expect((await answers({ verdict: LACKING }, { policy })).statuses).toEqual([403, 403, 403, 403]);
  });

  it('is 401 without a credential, dot segments or none, and counts for nobody', async () => {
    const counters = new ScriptedCounters();
    expect((await answers({ path: dots }, { ...counted, counters })).statuses).toEqual([401, 401, 401, 401]);
    expect(counters.asked).toEqual([]);
  });

  it('is shut out where it was revoked', async () => {
    const counters = new ScriptedCounters();
    counters.outcome = 'revoked';
    expect((await answers({ verdict: LACKING }, { ...counted, counters })).statuses).toEqual([401, 401, 401, 401]);
  });
});

describe('a credential that was revoked', () => {
  it('is no bad one: who bears it is told so as often as it likes', async () => {
    const counters = new ScriptedCounters();
    counters.outcome = 'revoked';
    const { send } = instance({ counters });
    const result = await send({ verdict: ALICE });
    expect(result.headers).toMatchObject({
      'www-authenticate': 'Bearer error="invalid_token", error_description="the credential has been revoked"',
    });
    expect(counters.asked.map(({ limits }) => limits.map(({ policy }) => policy.name))).toEqual([['client']]);
    expect(output.lines).toMatchObject([{ status: 401, client: 'sub:alice', revoked: true, Revoked: 1 }]);
  });
});

describe('every 401 and 403', () => {
  it.each<[string, EventOptions]>([
    ['without a verdict', {}],
    ['of nobody', { verdict: ANONYMOUS }],
    ['of a rejected credential', { verdict: INVALID }],
    ['of one of another kind', { verdict: KEY }],
    ['of one that the authorizer finds lacking', to(GUARDED, { verdict: LACKING })],
    ['of one that lacks a scope', to(GUARDED, { verdict: ALICE })],
    ['without a verdict on an optional route', to(OPTIONAL)],
    ['of a rejected one on an optional route', to(OPTIONAL, { verdict: INVALID })],
    ['of a token in place of a key', to(KEYED, { verdict: ALICE })],
  ])('%s has a challenge and is a problem document', async (_, event) => {
    const result = await instance().send(event);
    expect(result.statusCode).toBeOneOf([401, 403]);
    expect(result.headers).toMatchObject({
      'www-authenticate': expect.stringMatching(/^Bearer [a-z_]+="[^"\\]+"(?:, [a-z_]+="[^"\\]+")*$/),
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    expect(problemOf(result)).toMatchObject({ status: result.statusCode, request_id: 'request-1' });
  });

  it('is of both policies where a path means two routes', async () => {
    const spelled = { method: 'POST', path: '/api/users/REFUNDS', routeKey: 'ANY /api/users/{proxy+}' };
    const { send } = instance({ policy: { default: { auth: ANY_JWT, limits: [], cost: 1 } } });
    expect(problemOf(await send({ ...spelled, verdict: ALICE }))).toMatchObject({ code: 'insufficient_scope' });
    expect(await send({ ...spelled, verdict: { ...ALICE, scopes: ['refund'] } })).toMatchObject({ statusCode: 200 });
    expect(problemOf(await send({ ...spelled, verdict: KEY }))).toMatchObject({ code: 'invalid_token' });
  });
});
