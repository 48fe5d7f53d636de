import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatEvent } from '../../local/app/format.ts';
import { type ServedGateway, serve } from './support/gateway.ts';

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serve();
});
afterAll(() => gateway.close());

/** Header fields by which an upstream knows a user, in the spellings that some upstreams cannot tell apart. */
const SPOOFED = {
  'x-user-id': 'root',
  X_User_Id: 'root',
  'X-User-Roles': '["admin"]',
  'x-user-email': 'root@example.com',
  'x-user-scopes': 'everything',
  'x-client-id': 'sub:root',
  'x-request-id': 'mine',
};

describe('a request with a valid token', () => {
  test('reaches the upstream without its prefix, with its query, with the user and without the token', async () => {
    const answer = await gateway.send('/api/users/42?x=1', { token: await gateway.token('alice') });
    expect(answer.status).toBe(200);
    const echo = answer.json();
    expect(echo).toMatchObject({ service: 'users', method: 'GET', path: '/42', query: { x: '1' } });
    expect(echo.headers).toMatchObject({ 'x-user-id': 'alice', 'x-client-id': 'sub:alice' });
    expect(echo.headers).not.toHaveProperty('authorization');
  });

  test('carries the claims as identity headers and one request id from the edge to the upstream and back', async () => {
    const claims = { roles: ['admin', 'ops'], email: 'alice@example.com' };
    const token = await gateway.token('alice', { scope: 'read write', claims });
    const answer = await gateway.send('/api/users', { token });
    const { path, headers } = answer.json();
    expect(path).toBe('/');
    expect(headers).toMatchObject({
      'x-user-roles': '["admin","ops"]',
      'x-user-email': 'alice@example.com',
      'x-user-scopes': 'read write',
      'x-request-id': answer.headers['x-request-id'],
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
    });
    expect(answer.headers['x-request-id']).toBe(answer.headers['apigw-requestid']);
  });
});

describe('a request without a valid token', () => {
  test('is answered 401 when it has none', async () => {
    expect((await gateway.send('/api/users/42')).status).toBe(401);
  });

  test('is answered 401 with WWW-Authenticate and a problem document when it is broken', async () => {
    const answer = await gateway.send('/api/users/42', { token: 'broken' });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'invalid_token', request_id: answer.headers['x-request-id'] });
  });

  test.each<[string, () => Promise<string>]>([
    ['expired', () => gateway.token('alice', { expiresInS: -60 })],
    ['of another issuer', () => gateway.token('alice', { issuer: 'https://evil.example.com' })],
    ['for another audience', () => gateway.token('alice', { audience: 'other' })],
    ['not valid yet', () => gateway.token('alice', { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } })],
    ['without an expiry', () => gateway.token('alice', { claims: { exp: undefined } })],
    ['altered after it was signed', async () => altered(await gateway.token('alice'))],
    ['unsigned', async () => unsigned(await gateway.token('alice'))],
  ])('is answered 401 invalid_token when it is %s', async (_, makeToken) => {
    const answer = await gateway.send('/api/users/42', { token: await makeToken() });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
  });

  test.each(['Basic YWxpY2U6c2VjcmV0', 'Bearer', 'Bearer a b', 'Bearer ..', `Bearer ${'x'.repeat(8000)}`])(
    'is answered 401 for the credential %j',
    async (authorization) => {
      const answer = await gateway.send('/api/users/42', { headers: { authorization } });
      expect(answer.status).toBe(401);
    },
  );
});

describe('identity headers that a client sends', () => {
  test('never reach the upstream beside a token', async () => {
    const answer = await gateway.send('/api/users/42', { token: await gateway.token('alice'), headers: SPOOFED });
    const { headers } = answer.json();
    expect(headers).toMatchObject({ 'x-user-id': 'alice', 'x-client-id': 'sub:alice' });
    expect(JSON.stringify(headers)).not.toMatch(/root|everything|mine/);
    expect(headers).not.toHaveProperty('x_user_id');
  });

  test('never reach the upstream of a public service', async () => {
    const answer = await gateway.send('/api/products/42', { headers: SPOOFED });
    expect(answer.status).toBe(200);
    const { headers } = answer.json();
    expect(JSON.stringify(headers)).not.toMatch(/root|everything|mine/);
    expect(headers).not.toHaveProperty('x-user-id');
    expect(headers).not.toHaveProperty('x_user_id');
    expect(headers).toMatchObject({ 'x-client-id': 'ip:127.0.0.1' });
  });

  test('are not replaced by those of a token that a public service never verified', async () => {
    const answer = await gateway.send('/api/products/42', { token: 'broken' });
    expect(answer.status).toBe(200);
    expect(answer.json().headers).not.toHaveProperty('x-user-id');
    expect(answer.json().headers).not.toHaveProperty('authorization');
  });
});

describe('the scope-guarded refunds', () => {
  test('are refused with 403 insufficient_scope without the scope, even after the token served elsewhere', async () => {
    const token = await gateway.token('alice');
    expect((await gateway.send('/api/payments/7', { token })).status).toBe(200);
    const answer = await gateway.send('/api/payments/refunds', { method: 'POST', token });
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="insufficient_scope".*scope="payments:refund"/);
    expect(answer.json()).toMatchObject({ code: 'insufficient_scope' });
  });

  test('pass with the scope', async () => {
    const token = await gateway.token('bob', { scope: 'read payments:refund' });
    const answer = await gateway.send('/api/payments/refunds', { method: 'POST', token, body: '{}' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ method: 'POST', path: '/refunds' });
  });

  test.each([
    '/api/payments//refunds',
    '/api/payments/refunds/',
    '/api/payments/%72efunds',
    '/api/payments/%2572efunds',
    '/api/payments/REFUNDS',
    '/api/payments/refunds;v=1',
    '/api/payments/%2Frefunds',
    '/api/payments/\\refunds',
    '/api/payments/refunds?x=1',
  ])('stay refused in the spelling %s', async (path) => {
    // Refusals count in the limit of the route: each spelling has a client of its own.
    const answer = await gateway.send(path, { method: 'POST', token: await gateway.token(`carol-${path}`) });
    expect(answer.status).toBe(403);
  });

  test.each(['/api/payments/x/../refunds', '/api/payments/%2e%2e/refunds', '/api/payments/.%252e/refunds'])(
    'are not reached through the dot segments of %s',
    async (path) => {
      const answer = await gateway.send(path, { method: 'POST', token: await gateway.token('dave') });
      expect(answer.status).toBe(400);
    },
  );
});

test('/health answers without a token, past every limit, and names no limit', async () => {
  const answers = await Promise.all(Array.from({ length: 150 }, () => gateway.send('/health')));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(answers[0]?.json()).toEqual({ status: 'ok' });
  expect(answers[0]?.headers).not.toHaveProperty('x-ratelimit-limit');
});

test('no token is ever logged', async () => {
  const inPath = await gateway.token('erin');
  expect((await gateway.send(`/api/users/reset/${inPath}`, { token: inPath })).status).toBe(200);
  await gateway.until(() => gateway.requestLines().some(({ path }) => path === '/api/users/reset/[masked]'));
  await gateway.until(() => gateway.requestLines().some(({ path }) => path === '/api/payments/../refunds'));
  const logged = gateway.events.map((event) => formatEvent(event, true)).join('\n');
  expect(logged).toContain('/api/users/reset/[masked]');
  expect(gateway.tokens.length).toBeGreaterThan(10);
  expect(gateway.tokens.filter((token) => logged.includes(token.split('.')[1] ?? ''))).toEqual([]);
});

function altered(token: string): string {
  const [header, , signature] = token.split('.');
  const payload = { iss: 'https://auth.example.com', aud: 'api', sub: 'root', exp: 4_000_000_000 };
  return [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.');
}

function unsigned(token: string): string {
  const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  return [header, token.split('.')[1], ''].join('.');
}
