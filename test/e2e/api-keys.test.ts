import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedGateway, serve, statuses } from './support/gateway.ts';
import { createApiKey, operate, rotateApiKey } from './support/operator.ts';
import { whileRedisAnswers } from './support/redis-answers.ts';

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serve();
});
afterAll(() => gateway.close());

/** The service that takes a token or a key. */
const ORDERS = '/api/orders/42';

const send = (token: string, path = ORDERS) => gateway.send(path, { token });

test('an API key passes where keys are taken, as a client of its own, beside tokens', async () => {
  const { secret, key } = await createApiKey(gateway.running, ['orders:read']);
  const answer = await send(secret);
  expect(answer.status).toBe(200);
  const { headers } = answer.json();
  expect(headers).toMatchObject({ 'x-client-id': `key:${key.id}`, 'x-user-scopes': 'orders:read' });
  expect(headers).not.toHaveProperty('x-user-id');
  expect(headers).not.toHaveProperty('authorization');
  expect((await send(await gateway.token('alice'))).json().headers).toMatchObject({ 'x-user-id': 'alice' });
});

test('it is 401 where they are not taken, although it is good elsewhere', async () => {
  const { secret } = await createApiKey(gateway.running);
  expect(statuses([await send(secret), await send(secret, '/api/users/42')])).toEqual([200, 401]);
  const answer = await send(secret, '/api/users/42');
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
  expect(answer.json()).toMatchObject({ code: 'invalid_token' });
});

test('one that was mistyped, or has another secret, is told no more than that it is not valid', async () => {
  const [one, other] = [await createApiKey(gateway.running), await createApiKey(gateway.running)];
  const mistyped = `${one.secret.slice(0, -1)}${one.secret.endsWith('a') ? 'b' : 'a'}`;
  const swapped = one.secret.replace(one.key.id, other.key.id);
  const answers = [await send(mistyped), await send(swapped), await send('tgk_')];
  expect(statuses(answers)).toEqual([401, 401, 401]);
  const [first, ...others] = answers.map(({ headers }) => headers['www-authenticate']);
  expect(others).toEqual([first, first]);
});

test('a rotated key is the same client with both secrets until the overlap ends', async () => {
  const [id, answers] = await whileRedisAnswers(gateway, async () => {
    const { secret, key } = await createApiKey(gateway.running);
    const rotated = await rotateApiKey(gateway.running, key.id);
    expect(rotated.secret).not.toBe(secret);
    return [key.id, [await send(secret), await send(rotated.secret)]] as const;
  });
  expect(answers.map((answer) => answer.json().headers['x-client-id'])).toEqual([`key:${id}`, `key:${id}`]);
  expect(answers.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['99', '98']);
});

test('a revoked key is refused with the next request, whatever API Gateway has kept of it', async () => {
  const { secret, key } = await createApiKey(gateway.running);
  expect((await send(secret)).status).toBe(200);
  const revoke = { action: 'revoke', id: `key:${key.id}`, forMs: null, reason: 'leaked' } as const;
  const revoked = await operate(gateway.running, revoke);
  expect(revoked.ok).toBe(true);
  const answer = await send(secret);
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
});

test('no key is ever logged', async () => {
  const { secret } = await createApiKey(gateway.running);
  await send(secret);
  await send(secret, '/api/users/42');
  await gateway.settled();
  expect(JSON.stringify(gateway.events)).not.toMatch(/tgk_[0-9A-Za-z]{12}_[0-9A-Za-z]/);
});
