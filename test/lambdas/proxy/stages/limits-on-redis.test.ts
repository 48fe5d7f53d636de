import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisOutcomes } from '../../../../lambdas/adapters/circuit/redis-outcomes.ts';
import { RedisLimiter } from '../../../../lambdas/adapters/limits/redis-limiter.ts';
import type { OperatorRules } from '../../../../lambdas/adapters/limits/rule-cache.ts';
import { RuleCopies } from '../../../../lambdas/adapters/limits/rule-copies.ts';
import { RedisCommands } from '../../../../lambdas/adapters/redis/redis-commands.ts';
import { connectRedis } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { ANY_JWT } from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { invalidToken } from '../../../../lambdas/core/auth/authorization.ts';
import { BATCH_MS } from '../../../../lambdas/core/circuit/outcome-batch.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { ALICE } from '../../../support/event.ts';
import { captureLines } from '../../../support/lines.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { relayTo, type TcpRelay } from '../../../support/redis/tcp-relay.ts';
import { serveHttp, type TestServer } from '../../../support/upstreams/upstream.ts';
import { createInstance, problemOf, type TestInstance } from '../gateway.ts';

const REFUNDS = 'POST /api/users/refunds';
const ACME = { ...ALICE, tenant: 'acme', plan: 'pro', jti: 'token-1' };

/** All that one request can meet: of its route, its service and its gateway, of each kind and by everything. */
const LIMITS = {
  route: [windowLimit(100, 60_000, { plans: { pro: 4 } })],
  service: [
    bucketLimit(10, 1000, { name: 'tenant', by: 'tenant' }),
    windowLimit(1000, 60_000, { name: 'total', by: 'total' }),
    concurrencyLimit(10, { name: 'at-once', by: 'total' }),
  ],
  gateway: [windowLimit(1000, 60_000, { name: 'gateway-ip', by: 'ip' })],
} satisfies Record<string, readonly LimitPolicy[]>;

/** Redis tells all that there is to know here. */
const NO_RULES: OperatorRules = {
  isRevoked: async () => false,
  overrideFor: () => undefined,
  settled: () => undefined,
  invalidate: () => undefined,
  rebuild: () => undefined,
};

let table: TestTable;
let redis: TestRedis;
let relay: TcpRelay;
let upstream: TestServer;
let status = 200;
/** What the client wrote, one entry a packet. */
const packets: string[] = [];
let gateways = 0;
let output: ReturnType<typeof captureLines>;
const opened: { close(): void }[] = [];

beforeAll(async () => {
  table = await startTable();
  redis = await startRedis();
  relay = await relayTo(redis.port, (bytes) => packets.push(bytes.toString('latin1')));
  upstream = await serveHttp((_, response) => response.writeHead(status).end());
});
afterAll(async () => {
  await relay.stop();
  await Promise.all([redis.stop(), upstream.stop(), table.stop()]);
});
beforeEach(() => {
  gateways += 1;
  status = 200;
  output = captureLines();
});
afterEach(() => {
  output.restore();
  for (const one of opened.splice(0)) one.close();
});

function connect() {
  const client = connectRedis({ url: `redis://127.0.0.1:${relay.port}`, cluster: false }, () => undefined);
  opened.push({ close: () => client.disconnect() });
  return client;
}

function instance(changes: Partial<ServicePolicy> = {}): TestInstance {
  const policy = servicePolicy({
    gateway: `redis-${gateways}`,
    upstream: upstream.url,
    default: { auth: { type: 'none' }, limits: LIMITS.service, cost: 1 },
    routes: { [REFUNDS]: { auth: { type: 'none' }, limits: LIMITS.route, cost: 2 } },
    gatewayLimits: LIMITS.gateway,
    ...changes,
  });
  // A busy machine must not decide a test.
  const redis = new RedisCommands(connect(), 60_000);
  const counters = {
    limiter: new RedisLimiter({ redis, policy, rules: NO_RULES }),
    outcomes: new RedisOutcomes(redis),
  };
  const created = createInstance({ policy, table, counters });
  opened.push(created);
  return created;
}

const refund = { verdict: ACME, method: 'POST', path: '/api/users/refunds', routeKey: REFUNDS };

it('five limits are one call, in which all of them count or none', async () => {
  const { send } = instance();
  await send(refund);
  packets.length = 0;
  const second = await send(refund);
  expect(second.headers).toMatchObject({
    'x-ratelimit-limit': '4',
    'x-ratelimit-remaining': '0',
    'ratelimit-policy': expect.stringContaining('"client";q=4;w=60;pk='),
  });
  expect(packets.filter((packet) => /evalsha/i.test(packet))[0]?.match(/evalsha/gi)).toHaveLength(1);

  const refused = await send(refund);
  expect(problemOf(refused)).toMatchObject({ code: 'rate_limited', 'violated-policies': ['client'] });
  // Two requests of two units each, and nothing of the refused one.
  const other = await send({ verdict: ACME });
  expect(other.headers).toMatchObject({ 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '995' });
  const { headers } = await instance({ default: { auth: { type: 'none' }, limits: [], cost: 1 } }).send();
  expect(headers).toMatchObject({ 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '994' });
});

describe('a subject that an operator revoked', () => {
  it.each([
    ['token', 'token:token-1'],
    ['subject', 'sub:alice'],
    ['tenant', 'tenant:acme'],
  ])('is refused by the next request: its %s', async (_, id) => {
    const { send } = instance();
    expect(await send({ verdict: ACME })).toMatchObject({ statusCode: 200 });
    const rule: Rule = { id, version: 1, revocation: { untilMs: 0, reason: '' }, limits: {}, reason: 'stolen' };
    const client = connect();
    await once(client, 'ready');
    await new RuleCopies(client, `redis-${gateways}`).push(rule);
    expect(problemOf(await send({ verdict: ACME }))).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(output.lines).toMatchObject([{ status: 200 }, { status: 401, revoked: true, Revoked: 1 }]);
  });
});

describe('credentials that are refused', () => {
  const badCredentials = windowLimit(4, 60_000, { name: 'bad-credentials', by: 'ip' });
  const verdict = invalidToken('the token is not valid');
  const perClient: Partial<ServicePolicy> = { default: { auth: ANY_JWT, limits: [windowLimit(9, 1000)], cost: 1 } };
  const withTotal: Partial<ServicePolicy> = { default: { auth: ANY_JWT, limits: LIMITS.service, cost: 1 } };

  it.each<[string, readonly LimitPolicy[]]>([
    ['no limits', []],
    ['limits of its own', LIMITS.gateway],
  ])('count together on all services of a gateway with %s, whatever theirs are', async (_, gatewayLimits) => {
    const common = { badCredentials, gatewayLimits, routes: {} };
    const users = instance({ ...common, ...perClient });
    const orders = instance({ ...common, ...withTotal, service: 'orders' });
    const carts = instance({ ...common, ...withTotal, service: 'carts' });
    for (const { send } of [users, orders, carts, users]) expect((await send({ verdict })).statusCode).toBe(401);
    for (const { send } of [users, orders, carts]) {
      const refused = await send({ verdict });
      expect(problemOf(refused)).toMatchObject({ status: 429, 'violated-policies': ['bad-credentials'] });
      expect(Number(refused.headers?.['retry-after'])).toBeGreaterThan(0);
      expect(await send({ verdict: ALICE })).toMatchObject({ statusCode: 200 });
      expect(await send({ verdict, sourceIp: '192.0.2.99' })).toMatchObject({ statusCode: 401 });
    }
  });

  it('have the limit that an operator gave their address', async () => {
    const { send } = instance({ badCredentials, ...withTotal });
    const id = 'ip:203.0.113.7';
    const limits = { 'bad-credentials': { limit: 1, ratePerS: null, untilMs: 0 } };
    const client = connect();
    await once(client, 'ready');
    await new RuleCopies(client, `redis-${gateways}`).push({ id, version: 1, revocation: null, limits, reason: '' });
    expect((await send({ verdict })).statusCode).toBe(401);
    expect((await send({ verdict })).statusCode).toBe(429);
  });
});

it.each([200, 500])('leases and the outcome %d leave in one packet', async (answered) => {
  status = answered;
  const { send, clock } = instance();
  await send({ verdict: ACME });
  clock.advance(BATCH_MS);
  packets.length = 0;
  await send({ verdict: ACME });
  const returning = packets.filter((packet) => /zrem/i.test(packet));
  expect(returning).toHaveLength(1);
  expect(returning[0]).toMatch(/evalsha/i);
});
