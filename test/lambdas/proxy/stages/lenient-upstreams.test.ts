import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { ALICE } from '../../../support/event.ts';
import { captureLines } from '../../../support/lines.ts';
import { servicePolicy } from '../../../support/policy.ts';
import { serveUrlParsing, type UrlParsingUpstream } from '../../../support/upstreams/url-parsing-upstream.ts';
import { createInstance, problemOf, type TestInstance } from '../gateway.ts';

const ROUTE_KEY = 'ANY /api/payments/{proxy+}';

let table: TestTable;
let upstream: UrlParsingUpstream;
let instance: TestInstance;
let output: ReturnType<typeof captureLines>;
beforeAll(async () => {
  table = await startTable();
  upstream = await serveUrlParsing();
  const refunds = { type: 'required', accepts: [acceptance('jwt', { scopes: ['payments:refund'] })] } as const;
  const policy = servicePolicy({
    prefix: '/api/payments',
    upstream: upstream.url,
    default: { auth: { type: 'required', accepts: [acceptance('jwt')] }, limits: [], cost: 1 },
    routes: { 'POST /api/payments/refunds': { auth: refunds, limits: [], cost: 1 } },
  });
  instance = createInstance({ policy, table });
});
afterAll(async () => {
  instance.close();
  await upstream.stop();
  await table.stop();
});
beforeEach(() => {
  output = captureLines();
});
afterEach(() => {
  output.restore();
  upstream.served.length = 0;
  upstream.killing.length = 0;
});

const post = (below: string, scopes: string[] = []) =>
  instance.send({ method: 'POST', path: `/api/payments${below}`, routeKey: ROUTE_KEY, verdict: { ...ALICE, scopes } });

describe('behind the gateway, an upstream that parses by new URL', () => {
  it.each([
    '/refunds',
    '//refunds',
    '//x/refunds',
    '///x/refunds',
    '//x:99999/refunds',
    '//user:secret@x:1/refunds',
    '//x//y/refunds',
    '/%2fx/refunds',
    '/%2F%2fx/refunds',
    '/%252fx/refunds',
    '/\\x/refunds',
    '/%5cx/refunds',
    '/\t/x/refunds',
    '/\n/x/refunds',
    '/%09/x/refunds',
    '/;/x/refunds',
    '/refunds#x',
    '/refunds?x',
    '/refunds%3fx',
    '/refunds%23x',
    '/refunds\0x',
    '/refunds%00x',
    '/refunds;x/y',
    '/refunds.json',
    '/refunds.xml/',
    '/ref\tunds',
    '/ref%09unds',
    '/x/%2e%2e/refunds',
    '/x/..%2frefunds',
    '/index.php/refunds',
  ])('gets no request without the scope for the path %j', async (below) => {
    expect((await post(below)).statusCode).toBeOneOf([400, 403]);
    expect(upstream).toMatchObject({ served: [], killing: [] });
  });

  it.each(['//x:99999/admin', '///x:99999/admin', '//[/admin', '//a b/admin', '//x:y/admin'])(
    'reads the path %j as one of its own and survives it',
    async (below) => {
      expect((await post(below)).statusCode).toBe(200);
      expect(upstream.killing).toEqual([]);
      expect(upstream.served).toEqual([expect.stringMatching(/^\/.+\/admin$/)]);
    },
  );

  it.each(['/\\x:99999/admin', '/%2fx:99999/admin', '/\t/x:99999/admin'])(
    'is not asked for %j, in which only some readers see two slashes in front',
    async (below) => {
      expect(problemOf(await post(below))).toMatchObject({
        status: 400,
        code: 'bad_request',
        detail: 'the path begins with two slashes for some readers',
      });
      expect(upstream).toMatchObject({ served: [], killing: [] });
    },
  );

  it('is not asked for a path that is made to be read in very many ways', async () => {
    const result = await post('/;a%2f?b#%5c/;a%2f?b#%5c/+x//;a%252f');
    expect(problemOf(result)).toMatchObject({ status: 400, detail: 'the path can be read in too many ways' });
    expect(upstream.served).toEqual([]);
  });

  it.each(['post', 'Post', 'po\u017ft'])('gets no POST without the scope from the method %s', async (method) => {
    const path = '/api/payments/refunds';
    const result = await instance.send({ method, path, routeKey: ROUTE_KEY, verdict: { ...ALICE, scopes: [] } });
    expect(problemOf(result)).toMatchObject({ status: 400, code: 'bad_request' });
    expect(upstream.served).toEqual([]);
  });

  it.each([
    ['//refunds', '/refunds'],
    ['//x/refunds', '/x/refunds'],
    ['/refunds.json', '/refunds.json'],
  ])('gets %s as %s with the scope', async (below, path) => {
    expect((await post(below, ['payments:refund'])).statusCode).toBe(200);
    expect(upstream.served).toEqual([path]);
  });
});

describe('behind a service that keeps its prefix, an upstream that takes it off and parses the rest by new URL', () => {
  it.each([
    ['//x:99999/admin', 200],
    ['///[/admin', 200],
    ['/%2fx:99999/admin', 400],
  ])('survives the path %s', async (below, status) => {
    const mounted = await serveUrlParsing('/api/payments');
    const policy = servicePolicy({ prefix: '/api/payments', stripPrefix: false, upstream: mounted.url });
    const keeping = createInstance({ policy, table });
    const result = await keeping.send({ path: `/api/payments${below}`, routeKey: ROUTE_KEY, verdict: ALICE });
    keeping.close();
    await mounted.stop();
    expect(result.statusCode).toBe(status);
    expect(mounted.killing).toEqual([]);
  });
});
