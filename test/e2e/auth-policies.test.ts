import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appWith } from './support/checkout.ts';
import { type ServedGateway, serve, statuses } from './support/gateway.ts';
import type { Message } from './support/http.ts';
import { createApiKey } from './support/operator.ts';

/** Services that the sample does not have. */
const SERVICES = `
    gateway.addService('feed', {
      prefix: '/api/feed',
      upstream: 'http://feed-service:3005',
      auth: Auth.optional(Auth.jwt()),
    });
    gateway.addService('reports', {
      prefix: '/api/reports',
      upstream: 'http://report-service:3006',
      auth: Auth.apiKey({ header: 'x-api-key', scopes: ['reports:read'] }),
    });
    gateway.addService('exports', {
      prefix: '/api/exports',
      upstream: 'http://export-service:3007',
      auth: Auth.any(Auth.jwt(), Auth.apiKey({ header: 'x-api-key' })),
    });
`;

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serve({ assemblyDir: await appWith(SERVICES) });
}, 60_000);
afterAll(() => gateway.close());

const get = (service: string, message: Message = {}) => gateway.send(`/api/${service}/42`, message);
const withKey = (key: string) => ({ headers: { 'x-api-key': key } });

describe('a route whose credential is optional', () => {
  test('lets pass who presents none, as the client of its address', async () => {
    const answer = await get('feed');
    expect(answer.status).toBe(200);
    expect(answer.json().headers).toMatchObject({ 'x-client-id': 'ip:127.0.0.1' });
    expect(answer.json().headers).not.toHaveProperty('x-user-id');
  });

  test('tells the upstream who presents one', async () => {
    const answer = await get('feed', { token: await gateway.token('alice') });
    expect(answer.json().headers).toMatchObject({ 'x-user-id': 'alice' });
  });

  test('refuses a bad one', async () => {
    const answers = [
      await get('feed', { token: 'broken' }),
      await get('feed', { headers: { authorization: 'Basic x' } }),
    ];
    expect(statuses(answers)).toEqual([401, 401]);
  });
});

describe('a route whose API keys travel in a header of their own', () => {
  test('takes them there alone, and its upstream is not shown them', async () => {
    const { secret, key } = await createApiKey(gateway.running, ['reports:read']);
    const answer = await get('reports', withKey(secret));
    expect(answer.status).toBe(200);
    expect(answer.json().headers).toMatchObject({ 'x-client-id': `key:${key.id}` });
    expect(answer.json().headers).not.toHaveProperty('x-api-key');
    expect((await get('reports', { token: secret })).status).toBe(401);
  });

  test('refuses one without its scope, and names the scope', async () => {
    const { secret } = await createApiKey(gateway.running);
    const answer = await get('reports', withKey(secret));
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="insufficient_scope".*scope="reports:read"/);
  });

  test('takes a token in Authorization as well where it says so, but not both at once', async () => {
    const { secret } = await createApiKey(gateway.running);
    const token = await gateway.token('alice');
    const answers = [
      await get('exports', withKey(secret)),
      await get('exports', { token }),
      await get('exports', { token, ...withKey(secret) }),
    ];
    expect(statuses(answers)).toEqual([200, 200, 401]);
  });

  test('is answered by the gateway itself where API Gateway keeps no verdict', async () => {
    const [kept, notKept] = [await get('reports'), await get('exports')];
    expect(kept.json()).toEqual({ message: 'Unauthorized' });
    expect(notKept.json()).toMatchObject({ code: 'unauthorized' });
    expect(notKept.headers['www-authenticate']).toMatch(/^Bearer realm=/);
  });
});
