import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuthorizerConfig } from '../../lambdas/contract/authorizer-config.ts';
import { type DemoIssuers, startIssuers } from '../../local/demo/issuer.ts';
import { rotateKey } from '../../local/demo/keys.ts';
import type { TokenOptions } from '../../local/demo/mint.ts';
import { editedApp } from './support/assembly.ts';
import { atOnce, type ServedGateway, serve, statuses, tally } from './support/gateway.ts';

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
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'tollgate-issuers-'));
  gateway = await serve({ stateDir });
});
afterAll(async () => {
  await gateway.close();
  rmSync(stateDir, { recursive: true, force: true });
});

async function get(wanted: Partial<TokenOptions>, path = '/api/users/42') {
  return gateway.send(path, { token: await gateway.token('alice', wanted) });
}

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
    const path = '/api/payments/42';
    const [ours, partners] = [await get({ issuer: OURS }, path), await get({ issuer: PARTNER }, path)];
    expect([ours, partners].map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['19', '19']);
  });

  test('one says roles in a claim of its own, and what the other calls so is nothing to it', async () => {
    const claims = { roles: ['admin'], realm_access: { roles: ['buyer'] } };
    const [ours, partners] = [await get({ issuer: OURS, claims }), await get({ issuer: PARTNER, claims })];
    expect(ours.json().headers['x-user-roles']).toBe('["admin"]');
    expect(partners.json().headers['x-user-roles']).toBe('["buyer"]');
  });

  test.each<[string, Partial<TokenOptions>]>([
    ['ours signed as only the partner signs', { issuer: OURS, algorithm: 'EdDSA' }],
    ["the partner's signed as only we do", { issuer: PARTNER, algorithm: 'ES256' }],
    ["the partner's that says it is ours", { issuer: PARTNER, algorithm: 'EdDSA', claims: { iss: OURS } }],
    ["the partner's for somebody else", { issuer: PARTNER, audience: 'other' }],
  ])('a token of %s is 401 invalid_token', async (_, wanted) => {
    const answer = await get(wanted);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(
      /^Bearer error="invalid_token", error_description="the token is/,
    );
  });
});

describe('an issuer', () => {
  test('that rotates its key during requests costs none of them', async () => {
    // Each token is new, so that none of the answers is a verdict that API Gateway has kept.
    const request = (algorithm: 'RS256' | 'EdDSA') => async (index: number) => {
      const issuer = algorithm === 'EdDSA' ? PARTNER : OURS;
      return gateway.send('/api/users/42', { token: await gateway.token(`user-${index}`, { issuer, algorithm }) });
    };
    const before = atOnce(40, request('EdDSA'));
    const former = await gateway.token('bob', { issuer: PARTNER });
    await rotateKey(stateDir, PARTNER, 'EdDSA');
    const after = atOnce(40, request('EdDSA'));
    const others = atOnce(20, request('RS256'));
    expect(tally((await Promise.all([before, after, others])).flat())).toEqual({ 200: 100 });
    expect((await gateway.send('/api/orders/42', { token: former })).status).toBe(200);
  });

  test('that is gone leaves its tokens good, in environments that start anew as well', async () => {
    const known = await gateway.token('carol', { issuer: PARTNER });
    expect((await gateway.send('/api/users/42', { token: known })).status).toBe(200);
    await demoIssuers().close();
    const answers = [await gateway.send('/api/orders/42', { token: known }), await get({ issuer: PARTNER })];
    expect(statuses(answers)).toEqual([200, 200]);

    // Another deployment: environments that know no key yet find them in the table.
    const edits = { TOLLGATE_AUTHORIZER: raiseTolerance };
    expect(await gateway.running.reload(await editedApp(edits, join(stateDir, 'assembly')))).toContain('authorizer');
    expect(statuses([await get({ issuer: PARTNER }), await get({ issuer: OURS })])).toEqual([200, 200]);

    // Nobody can tell whether a key that is not known is the issuer's newest: that is no fault of the token.
    await rotateKey(stateDir, PARTNER, 'EdDSA');
    const unknown = await gateway.token('dave', { issuer: PARTNER });
    const faults = [await gateway.send('/api/users/42', { token: unknown })];
    faults.push(await gateway.send('/api/users/42', { token: unknown }));
    expect(statuses(faults)).toEqual([500, 500]);
  });
});

function raiseTolerance(config: { -readonly [Key in keyof AuthorizerConfig]: AuthorizerConfig[Key] }): void {
  config.issuers = config.issuers.map((issuer) => ({ ...issuer, clockToleranceS: issuer.clockToleranceS + 1 }));
}

/** Of the gateway that was started last. */
function demoIssuers(): DemoIssuers {
  const result = vi.mocked(startIssuers).mock.settledResults.at(-1);
  if (result?.type !== 'fulfilled') throw new Error('no demo issuer runs');
  return result.value;
}
