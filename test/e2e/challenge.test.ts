import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';
import { type ServedGateway, serve } from './support/gateway.ts';

/** What the upstream answers, whatever it is asked. */
const answer: { status: number; headers: Record<string, string> } = { status: 200, headers: {} };
let gateway: ServedGateway;
let upstream: TestServer;
let token: string;

beforeAll(async () => {
  upstream = await serveHttp((_, response) => {
    response.writeHead(answer.status, answer.headers).end('{}');
  });
  gateway = await serve({ upstreams: { users: upstream.url } });
  token = await gateway.token('alice');
});
afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

const BASIC = 'Basic realm="accounts", Negotiate';

test('a challenge of the gateway comes as WWW-Authenticate though API Gateway renames that', async () => {
  const { status, headers } = await gateway.send('/api/users/42', { token: 'broken' });
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe('Bearer error="invalid_token", error_description="the token is not valid"');
  expect(headers['x-authenticate-challenge']).toBe(headers['www-authenticate']);
  expect(headers['x-amzn-remapped-www-authenticate']).toBe(headers['www-authenticate']);
});

test('the challenge of a 403 comes as WWW-Authenticate as well', async () => {
  const { status, headers } = await gateway.send('/api/payments/refunds', { method: 'POST', token });
  expect(status).toBe(403);
  expect(headers['www-authenticate']).toMatch(/scope="payments:refund"/);
});

test.each([401, 403])('a challenge of the upstream, with its %d, survives', async (status) => {
  Object.assign(answer, { status, headers: { 'www-authenticate': BASIC } });
  const { headers, ...rest } = await gateway.send('/api/users/42', { token });
  expect(rest.status).toBe(status);
  expect(headers['www-authenticate']).toBe(BASIC);
});

test('an upstream cannot write a challenge by the header that carries it', async () => {
  Object.assign(answer, { status: 403, headers: { 'x-authenticate-challenge': BASIC } });
  const { headers } = await gateway.send('/api/users/42', { token });
  expect(headers).not.toHaveProperty('x-authenticate-challenge');
  expect(headers).not.toHaveProperty('www-authenticate');
});

test('an upstream’s Server and Date reach clients under the names that AWS gives them', async () => {
  const date = 'Tue, 24 Nov 2026 10:00:00 GMT';
  Object.assign(answer, { status: 200, headers: { server: 'nginx', date } });
  const { headers } = await gateway.send('/api/users/42', { token });
  expect(headers).toMatchObject({ 'x-amzn-remapped-server': 'nginx', 'x-amzn-remapped-date': date });
  expect(headers).not.toHaveProperty('server');
  expect(headers.date).not.toBe(date);
});
