import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuthorizerConfig } from '../../lambdas/contract/auth/authorizer-config.ts';
import { type DemoIssuers, startIssuers } from '../../local/demo/issuer.ts';
import { rotateKey } from '../../local/demo/keys.ts';
import type { TokenOptions } from '../../local/demo/mint.ts';
import { editedApp } from './support/assembly.ts';
import { type ServedGateway, serve, statuses, tally, times } from './support/gateway.ts';
import { whileRedisAnswers } from './support/redis-answers.ts';

// The demo issuers, in reach of a test that stops them.
vi.mock(import('../../local/demo/issuer.ts'), async (original) => {
  const module = await original();
  return { ...module, startIssuers: vi.fn(module.startIssuers) };
});

const OURS = 'https://auth.example.com';
const PARTNER = 'https://partner.example.com';

/** Keys of its own: those that all test files share must not be rotated. */
let stateDir: string;
let gateway: ServedGateway;
let issuers: DemoIssuers;
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'tollgate-issuers-'));
  gateway = await serve({ stateDir });
  issuers = await startedIssuers();
});
afterAll(async () => {
  await gateway.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Those of the gateway that was started last. */
async function startedIssuers(): Promise<DemoIssuers> {
  const started = vi.mocked(startIssuers).mock.results.at(-1);
  if (started?.type !== 'return') throw new Error('no demo issuer runs');
  return started.value;
}

async function get(wanted: Partial<TokenOptions>, path = '/api/users/42') {
  return gateway.send(path, { token: await gateway.token(wanted.subject ?? 'alice', wanted) });
}

// The first of all: a key that nobody has asks the issuer, and for half a minute no other does.
test('an issuer that rotates its key during requests costs none of them', async () => {
  // Each token is new, so that none of the answers is a verdict that API Gateway has kept.
  const requests = () => times(20, (index) => get({ issuer: PARTNER, subject: `user-${index}` }));
  const former = await gateway.token('bob', { issuer: PARTNER });
  const streams = [requests(), requests(), requests()];
  await gateway.until(() => gateway.requestLines().length > 10);
  await rotateKey(stateDir, PARTNER, 'EdDSA');
  const answers = (await Promise.all([...streams, requests()])).flat();
  expect(tally(answers)).toEqual({ 200: 80 });
  expect((await gateway.send('/api/users/42', { token: former })).status).toBe(200);
});

describe('of two issuers', () => {
  test.each([
    [OURS, 'RS256', 'alice'],
    [OURS, 'ES256', 'alice'],
    [PARTNER, 'EdDSA', 'partner|alice'],
  ] as const)('the tokens of %s signed with %s are accepted, and alice is %s', async (issuer, algorithm, subject) => {
    const answer = await get({ issuer, algorithm });
    expect(answer.status).toBe(200);
    expect(answer.json().headers).toMatchObject({ 'x-user-id': subject, 'x-client-id': `sub:${subject}` });
  });

  test('each has limits of its own for its alice', async () => {
    const answers = await whileRedisAnswers(gateway, async (index) => {
      const alice = (issuer: string) => get({ issuer, subject: `alice-${index}` }, '/api/payments/42');
      return [await alice(OURS), await alice(PARTNER)];
    });
    expect(answers.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['19', '19']);
  });

  test('one says roles in a claim of its own, and what the other calls so is nothing to it', async () => {
    const claims = { roles: ['admin'], realm_access: { roles: ['buyer'] } };
    const answers = [await get({ issuer: OURS, claims }), await get({ issuer: PARTNER, claims })];
    expect(answers.map((answer) => answer.json().headers['x-user-roles'])).toEqual(['["admin"]', '["buyer"]']);
  });

  test.each<[string, Partial<TokenOptions>]>([
    ['signed as only we do', { algorithm: 'ES256' }],
    ['that says it is ours', { claims: { iss: OURS } }],
    ['for somebody else', { audience: 'other' }],
  ])("a token of the partner's %s is 401 invalid_token", async (_, wanted) => {
    const answer = await get({ issuer: PARTNER, ...wanted });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
  });
});

test('an issuer that is gone leaves its tokens good, in instances that start anew as well', async () => {
  const known = await gateway.token('carol');
  expect((await gateway.send('/api/users/42', { token: known })).status).toBe(200);
  await issuers.close();
  expect(statuses([await gateway.send('/api/orders/42', { token: known }), await get({})])).toEqual([200, 200]);

  // Another deployment: its instances find the keys in the table.
  const edits = { authorizer: raiseTolerance };
  expect(await gateway.running.reload(await editedApp(edits, join(stateDir, 'assembly')))).toHaveLength(1);
  expect(statuses([await get({}), await get({ issuer: PARTNER })])).toEqual([200, 200]);

  // Nobody can tell now whether a key that is not known is the issuer's newest: that is no fault of the token.
  await rotateKey(stateDir, OURS, 'RS256');
  const unknown = await gateway.token('dave');
  const faults = await times(2, () => gateway.send('/api/users/42', { token: unknown }));
  expect(statuses(faults)).toEqual([500, 500]);
  expect((await get({ algorithm: 'ES256' })).status).toBe(200);
});

function raiseTolerance(config: { -readonly [Key in keyof AuthorizerConfig]: AuthorizerConfig[Key] }): void {
  config.issuers = config.issuers.map((issuer) => ({ ...issuer, clockToleranceS: issuer.clockToleranceS + 1 }));
}
