import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { ALGORITHMS, type Algorithm } from '../../../lambdas/contract/auth/authorizer-config.ts';
import { startIssuers } from '../../../local/demo/issuer.ts';
import { publicKeys, rotateKey, signingKey } from '../../../local/demo/keys.ts';
import { mintToken, type TokenOptions, tokenDefaults } from '../../../local/demo/mint.ts';
import { temporaryDir } from '../support/assembly.ts';
import { ISSUER as DOCUMENT } from '../support/documents.ts';

const ISSUER = DOCUMENT.issuer;

function options(changes: Partial<TokenOptions> = {}): TokenOptions {
  return { ...tokenDefaults({ ...DOCUMENT, algorithms: ['ES256'] }), ...changes };
}

async function demoIssuers(stateDir: string, algorithms: readonly Algorithm[] = ALGORITHMS) {
  const issuers = await startIssuers(stateDir, (issuer) => (issuer.startsWith('https:') ? algorithms : undefined));
  onTestFinished(() => issuers.close());
  return issuers;
}

async function verifier(stateDir: string, issuer = ISSUER) {
  const issuers = await demoIssuers(stateDir);
  const keys = createRemoteJWKSet(new URL(issuers.jwksUriOf(issuer)));
  return (token: string) => jwtVerify(token, keys, { issuer, audience: 'api' });
}

test.each(ALGORITHMS)('a token signed with %s verifies by its key id', async (algorithm) => {
  const dir = temporaryDir();
  const token = await mintToken(dir, options({ algorithm, scope: 'a b', claims: { roles: ['admin'] } }), Date.now());
  expect(decodeProtectedHeader(token)).toEqual({
    alg: algorithm,
    typ: 'JWT',
    kid: expect.stringMatching(new RegExp(`^demo-${algorithm.toLowerCase()}-`)),
  });
  const { payload } = await (await verifier(dir))(token);
  expect(payload).toMatchObject({ iss: ISSUER, sub: 'alice', aud: 'api', scope: 'a b', roles: ['admin'] });
});

test('a negative lifetime makes an expired token', async () => {
  const dir = temporaryDir();
  const token = await mintToken(dir, options({ expiresInS: -60 }), Date.now());
  await expect((await verifier(dir))(token)).rejects.toThrow('"exp" claim timestamp check failed');
});

test('each issuer has keys of its own', async () => {
  const dir = temporaryDir();
  const token = await mintToken(dir, options({ claims: { iss: 'https://other.example' } }), Date.now());
  await expect((await verifier(dir, 'https://other.example'))(token)).rejects.toThrow('no applicable key');
});

test('each token has an id of its own, which a claim may replace', async () => {
  const dir = temporaryDir();
  const ids = await Promise.all([{}, {}, { claims: { jti: '4f2c' } }].map((more) => mintToken(dir, options(more), 0)));
  const [first, second, third] = ids.map((token) => decodeJwt(token).jti);
  expect(first).toMatch(/./);
  expect(second).not.toBe(first);
  expect(third).toBe('4f2c');
});

test('a token of an issuer whose profile is RFC 9068 says what kind it is and for which client', async () => {
  const token = await mintToken(temporaryDir(), options({ profile: 'rfc9068' }), Date.now());
  expect(decodeProtectedHeader(token).typ).toBe('at+jwt');
  expect(decodeJwt(token)).toMatchObject({ client_id: 'demo', jti: expect.any(String), iat: expect.any(Number) });
});

test('a token has its claims where its issuer has them, and what each of its tokens must have', async () => {
  const mapping = { sub: '/user/oid', scopes: '/https:~1~1example.com~1scp' };
  const token = await mintToken(
    temporaryDir(),
    options({
      mapping,
      scope: 'a b',
      requires: [
        { claim: '/token_use', op: 'equals', value: 'access' },
        { claim: '/groups', op: 'contains', value: 'staff' },
        { claim: '/client', op: 'oneOf', value: ['web', 'app'] },
        { claim: '/user/upn', op: 'matches', value: '*@example.com' },
      ],
    }),
    0,
  );
  expect(decodeJwt(token)).toMatchObject({
    sub: 'alice',
    user: { oid: 'alice', upn: '@example.com' },
    'https://example.com/scp': 'a b',
    token_use: 'access',
    groups: ['staff'],
    client: 'web',
  });
});

test('a token for nobody in particular has no audience', async () => {
  expect(decodeJwt(await mintToken(temporaryDir(), options({ audience: undefined }), 0))).not.toHaveProperty('aud');
});

test('keys outlive a restart, are for their owner only, and two makers agree', async () => {
  const dir = temporaryDir();
  const make = () => signingKey(dir, ISSUER, 'ES256');
  const [first, second] = await Promise.all([make(), make()]);
  expect(second).toEqual(first);
  expect(await make()).toEqual(first);
  const keyDir = join(dir, 'issuers', encodeURIComponent(ISSUER));
  expect(readdirSync(keyDir)).toEqual(['p256.json']);
  expect(statSync(join(keyDir, 'p256.json')).mode & 0o777).toBe(0o600);
});

test('after a rotation tokens are signed with another key, and those of the former one still verify', async () => {
  const dir = temporaryDir();
  const former = await mintToken(dir, options(), Date.now());
  await rotateKey(dir, ISSUER, 'ES256');
  const token = await mintToken(dir, options(), Date.now());
  expect(decodeProtectedHeader(token).kid).not.toBe(decodeProtectedHeader(former).kid);
  const verify = await verifier(dir);
  await Promise.all([verify(former), verify(token)]);
});

test('an issuer publishes keys of the algorithms that it allows, without their private half', async () => {
  const dir = temporaryDir();
  const { keys } = await publicKeys(dir, ISSUER, ['ES384', 'EdDSA']);
  expect(keys.map(({ alg }) => alg)).toEqual(['ES384', 'EdDSA']);
  for (const key of (await publicKeys(dir, ISSUER, ALGORITHMS)).keys) {
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
  }
});

test('an issuer tells under its own name where its keys are', async () => {
  const issuers = await demoIssuers(temporaryDir(), ['ES256']);
  const jwksUri = issuers.jwksUriOf(ISSUER);
  const discovery = jwksUri.replace('jwks.json', '.well-known/openid-configuration');
  expect(await (await fetch(discovery)).json()).toMatchObject({ issuer: ISSUER, jwks_uri: jwksUri });
  expect(await (await fetch(jwksUri)).json()).toMatchObject({ keys: [{ alg: 'ES256' }] });
});

test("what is none of the gateway's issuers is 404, and an address that is none ends the connection", async () => {
  const { url } = await demoIssuers(temporaryDir());
  for (const path of ['/jwks.json', '/mallory/jwks.json', '/https%3A%2F%2Fauth.example.com/keys']) {
    expect((await fetch(`${url}${path}`)).status).toBe(404);
  }
  await expect(fetch(`${url}/%zz/jwks.json`)).rejects.toThrow('fetch failed');
});
