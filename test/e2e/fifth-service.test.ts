import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../../local/start-gateway.ts';
import { ISSUER_DIR } from './support/assembly.ts';
import { appWith } from './support/checkout.ts';
import { send } from './support/http.ts';

const ONE_LINE = "    gateway.addService('carts', { prefix: '/api/carts', upstream: 'http://cart-service:3005' });\n";

test('a fifth service is one line in the stack, and serves like the others', async () => {
  const assemblyDir = await appWith(ONE_LINE);
  const gateway = await startGateway({ assemblyDir, port: 0, stateDir: ISSUER_DIR, redis: 'memory' });
  onTestFinished(() => gateway.close());
  expect(gateway.services().map(({ policy }) => policy.service)).toEqual([
    ...['users', 'orders', 'products', 'payments'],
    'carts',
  ]);
  expect((await send(gateway.url, '/api/carts/7')).status).toBe(401);
  const answer = await send(gateway.url, '/api/carts/7?x=1', { token: await gateway.token() });
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ 'x-ratelimit-limit': '100' });
  expect(answer.json()).toMatchObject({ service: 'carts', path: '/7', query: { x: '1' } });
  expect(answer.json().headers).toMatchObject({ 'x-user-id': 'alice' });
  expect(Object.keys(gateway.alarms.states())).toContainEqual(expect.stringMatching(/-carts-failures$/));
}, 60_000);
