import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serveUrlParsing, type UrlParsingUpstream } from '../support/upstreams/url-parsing-upstream.ts';
import { type ServedGateway, serve } from './support/gateway.ts';

let gateway: ServedGateway;
let upstream: UrlParsingUpstream;
beforeAll(async () => {
  upstream = await serveUrlParsing();
  gateway = await serve({ upstreams: { payments: upstream.url } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});
afterEach(() => {
  upstream.served.length = 0;
  upstream.killing.length = 0;
});

/** Each from a user of its own, so that no limit answers. */
let users = 0;
async function post(below: string, scope?: string) {
  users += 1;
  const token = await gateway.token(`user-${users}`, scope === undefined ? {} : { scope });
  return gateway.send(`/api/payments${below}`, { method: 'POST', token });
}

describe('refunds, behind an upstream that parses by new URL', () => {
  test.each([
    '//x/refunds',
    '//x:99999/refunds',
    '/%2Fx/refunds',
    '/%252Fx/refunds',
    '/%25252Fx/refunds',
    '/%5Cx/refunds',
    '/\\x/refunds',
    '/%09/x/refunds',
    '/refunds%3Fx',
    '/refunds%253Fx',
    '/refunds%23x',
    '/refunds%00x',
    '/refunds;/x',
    '/refunds.json',
    '/refunds%2Ejson',
  ])('are not reached without the scope by %s', async (below) => {
    expect((await post(below)).status).toBeOneOf([400, 403]);
    expect(upstream).toMatchObject({ served: [], killing: [] });
  });

  test('are reached with it, in a spelling of a sloppy client too', async () => {
    expect((await post('//refunds', 'payments:refund')).status).toBe(200);
    expect(upstream.served).toEqual(['/refunds']);
  });

  test('no path that begins with two slashes reaches the upstream, which would die of it', async () => {
    expect((await post('//x:99999/admin')).status).toBe(200);
    expect((await post('/%5Cx:99999/admin')).status).toBe(400);
    expect(upstream).toMatchObject({ served: ['/x:99999/admin'], killing: [] });
  });
});

describe('a path as API Gateway hands it over', () => {
  test.each([
    ['/slash%2Fvalue', '/slash/value'],
    ['/literal%252Fvalue', '/literal/value'],
    ['/question%3Fvalue', '/question'],
    ['/literal%253Fvalue', '/literal%3Fvalue'],
    ['/hash%23value', '/hash%23value'],
    ['/literal%2525value', '/literal%25value'],
    ['/a%20b', '/a%20b'],
  ])('%s reaches the upstream as %s', async (sent, received) => {
    expect((await post(sent)).status).toBe(200);
    expect(upstream.served).toEqual([received]);
  });

  test('is answered 400 where it cannot be decoded twice', async () => {
    const answer = await post('/percent%25done');
    expect(answer.status).toBe(400);
    expect(answer.headers['x-request-id']).toBeUndefined();
    expect(upstream.served).toEqual([]);
  });
});
