import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JwtVerifier } from '../../lambdas/authorizer/jwt-verifier.ts';
import { DEFAULT_IDENTITY_HEADERS } from '../../lambdas/contract/auth/identity-headers.ts';
import { decodeVerdict, encodeVerdict } from '../../lambdas/contract/auth/verdict.ts';
import { isRuleName } from '../../lambdas/contract/rule-name.ts';
import { identityHeaderWriter } from '../../lambdas/core/auth/identity.ts';
import { issuerConfig, jwtVerifier } from '../support/auth/authorizer.ts';
import { createKey, type TestKey } from '../support/auth/tokens.ts';
import { serveHttp, type TestServer } from '../support/upstreams/upstream.ts';

let issuer: TestServer;
let key: TestKey;
let verifier: JwtVerifier;

beforeAll(async () => {
  key = await createKey('es');
  issuer = await serveHttp((_, response) => response.end(JSON.stringify({ keys: [key.jwk] })));
  verifier = jwtVerifier({ issuers: [issuerConfig({ jwksUri: issuer.url })], clock: Date.now });
});

afterAll(() => issuer.stop());

const NAMES = ['sub', 'exp', 'nbf', 'iat', 'iss', 'aud', 'jti', 'email', 'roles', 'scope', 'scp', 'plan', 'tenant'];
const text = fc.string({ unit: 'binary', maxLength: 30 });
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  text,
  fc.array(text, { maxLength: 5 }),
  fc.constantFrom<unknown>(
    -1,
    0,
    1e308,
    2 ** 53,
    9_999_999_999,
    '9999999999',
    'partner|alice',
    'a\u0000b',
    '\ud800',
    undefined,
  ),
);
/** Some of the claims that are read, of any kind; the others are those of a good token. */
const claims = fc.dictionary(fc.constantFrom(...NAMES, '__proto__', 'constructor', 'x'), value, { maxKeys: 5 });

it('whatever an issuer has signed is refused, or told in a way that every stage and upstream can read', async () => {
  const tell = identityHeaderWriter(DEFAULT_IDENTITY_HEADERS);
  const met = { accepted: 0, rejected: 0 };
  await fc.assert(
    fc.asyncProperty(claims, async (signed) => {
      const found = await verifier.verify(await key.sign(signed), Date.now());
      met[found.verdict] += 1;
      if (found.verdict === 'rejected') return;
      const { verified, untilMs } = found;
      expect(isRuleName(verified.sub)).toBe(true);
      expect(untilMs).toBeGreaterThan(Date.now());
      expect(decodeVerdict(encodeVerdict(verified))).toEqual(verified);
      for (const [name, header] of Object.entries(tell(verified, verified.client))) validateHeaderValue(name, header);
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(met.accepted, met.rejected)).toBeGreaterThan(100);
}, 60_000);
