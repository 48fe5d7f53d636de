import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { startIssuers } from '../../../local/demo/issuer.ts';
import { demoKeys, publicKeys } from '../../../local/demo/keys.ts';
import { mintToken, type TokenOptions } from '../../../local/demo/mint.ts';
import { temporaryDir } from '../support/assembly.ts';

const ISSUER = 'https://auth.example.com';

function options(changes: Partial<TokenOptions> = {}): TokenOptions {
  return { issuer: ISSUER, audience: 'api', algorithm: 'ES256', subject: 'alice', expiresInS: 3600, ...changes };
}

async function verifier(stateDir: string, issuer = ISSUER) {
  const issuers = await startIssuers(stateDir);
  onTestFinished(() => issuers.close());
  const keys = createRemoteJWKSet(new URL(issuers.jwksUriOf(issuer)));
  return (token: string) => jwtVerify(token, keys, { issuer, audience: 'api' });
}

test.each(['RS256', 'ES256', 'EdDSA'] as const)('a token signed with %s verifies by its key id', async (algorithm) => {
  const dir = temporaryDir();
  const token = await mintToken(dir, options({ algorithm, scope: 'a b', claims: { roles: ['admin'] } }), Date.now());
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, kid: `demo-${algorithm.toLowerCase()}` });
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
  await expect((await verifier(dir, 'https://other.example'))(token)).rejects.toThrow('signature verification failed');
});

test('keys outlive a restart, are for their owner only, and two makers agree', async () => {
  const dir = temporaryDir();
  const [first, second] = await Promise.all([demoKeys(dir, ISSUER), demoKeys(dir, ISSUER)]);
  expect(second).toEqual(first);
  expect(await demoKeys(dir, ISSUER)).toEqual(first);
  const [file = ''] = readdirSync(join(dir, 'issuers'));
  expect(statSync(join(dir, 'issuers', file)).mode & 0o777).toBe(0o600);
});

test('the published keys have no private half', async () => {
  for (const key of publicKeys(await demoKeys(temporaryDir(), ISSUER)).keys) {
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
  }
});

test('an issuer that is not asked for by its address is 404', async () => {
  const issuers = await startIssuers(temporaryDir());
  onTestFinished(() => issuers.close());
  expect((await fetch(`${issuers.url}/jwks.json`)).status).toBe(404);
});
