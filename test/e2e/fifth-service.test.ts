import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { synthesize } from '../../local/app/synthesize.ts';
import { startGateway } from '../../local/gateway.ts';
import { ISSUER_DIR, PROJECT } from './support/assembly.ts';
import { send } from './support/http.ts';

const STACK = 'lib/gateway-stack.ts';
const ONE_LINE = "    gateway.addService('carts', { prefix: '/api/carts', upstream: 'http://cart-service:3005' });\n";

/** A checkout of one's own, with the packages of this one. */
function checkout(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-checkout-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['bin', 'lib', 'lambdas', 'cdk.json', 'package.json', 'tsconfig.json']) {
    cpSync(join(PROJECT.dir, name), join(dir, name), { recursive: true });
  }
  symlinkSync(join(PROJECT.dir, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

test('a fifth service is one line in the stack, and serves like the others', async () => {
  const dir = checkout();
  const source = readFileSync(join(dir, STACK), 'utf8');
  const place = source.indexOf('\n', source.lastIndexOf(';', source.lastIndexOf('\n  }\n'))) + 1;
  writeFileSync(join(dir, STACK), source.slice(0, place) + ONE_LINE + source.slice(place));
  const assemblyDir = join(dir, 'assembly');
  mkdirSync(assemblyDir);
  await synthesize({ dir, stateDir: join(dir, 'state') }, assemblyDir);

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
