import fc from 'fast-check';
import { createLocalJWKSet } from 'jose';
import { expect, it } from 'vitest';
import { mintApiKey } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import { ApiKeyVerifier } from '../../../lambdas/authorizer/api-key-verifier.ts';
import { createAuthorizer } from '../../../lambdas/authorizer/authorize.ts';
import { JwtVerifier } from '../../../lambdas/authorizer/jwt-verifier.ts';
import { acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import { ALGORITHMS } from '../../../lambdas/contract/auth/authorizer-config.ts';
import { decodeVerdict } from '../../../lambdas/contract/auth/verdict.ts';
import { authorizerEvent, issuerConfig } from '../../support/auth/authorizer.ts';
import { AUDIENCE, createKey, ISSUER } from '../../support/auth/tokens.ts';
import { captureLines } from '../../support/lines.ts';

const ROUTES = { 'GET /token': 0, 'GET /either': 1, 'GET /header': 2 };

const key = await createKey('ES256');
const authorize = createAuthorizer({
  config: {
    rejections: 'bare',
    policies: [
      { type: 'required', accepts: [acceptance('jwt')] },
      { type: 'optional', accepts: [acceptance('jwt'), acceptance('apiKey')] },
      { type: 'required', accepts: [acceptance('jwt'), acceptance('apiKey', { header: 'x-api-key' })] },
    ],
    services: {},
    routes: ROUTES,
  },
  verifiers: {
    jwt: new JwtVerifier({
      issuers: [issuerConfig({ algorithms: ALGORITHMS })],
      claims: ['/owner'],
      keysOf: () => createLocalJWKSet({ keys: [key.jwk] }),
    }),
    apiKey: new ApiKeyVerifier({
      keys: { find: async () => undefined, used: async () => undefined },
      claims: ['/owner'],
    }),
  },
  clock: Date.now,
});

const text = fc.string({ unit: 'binary' });
const headerMembers = fc.record(
  {
    alg: fc.oneof(fc.constantFrom(...ALGORITHMS, 'none', 'HS256', '__proto__'), fc.jsonValue()),
    kid: fc.oneof(fc.constantFrom('ES256', '../../dev/null', "' OR 1=1 --"), fc.jsonValue()),
    crit: fc.oneof(fc.constant(['b64']), fc.jsonValue()),
    b64: fc.jsonValue(),
    typ: fc.jsonValue(),
    jwk: fc.oneof(fc.constant(key.jwk), fc.jsonValue()),
    jku: fc.webUrl(),
  },
  { requiredKeys: [] },
);
/** Many get as far as the signature, which nobody can make. */
const likelyHeader = headerMembers.map((members) => ({
  alg: 'ES256',
  kid: 'ES256',
  jku: members.jku,
  jwk: members.jwk,
}));
const usualClaims = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: 9_999_999_999 };
const claims = fc
  .dictionary(fc.constantFrom('iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'scope', '__proto__'), fc.jsonValue(), {
    maxKeys: 3,
  })
  .map((changes) => ({ ...usualClaims, ...changes }));
const token = fc
  .tuple(
    fc.oneof(headerMembers, likelyHeader),
    fc.oneof({ weight: 4, arbitrary: claims }, fc.jsonValue()),
    fc.uint8Array({ minLength: 1, maxLength: 132 }),
  )
  .map(([header, payload, signature]) =>
    [JSON.stringify(header), JSON.stringify(payload), signature]
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.'),
  );
const apiKey = fc.oneof(
  fc.stringMatching(/^[0-9A-Za-z]{12}$/).map(mintApiKey),
  text.map((rest) => `tgk_${rest}`),
);
const bearer = fc.oneof(text, { weight: 4, arbitrary: token }, apiKey).map((credential) => `Bearer ${credential}`);
const authorization = fc.oneof(text, { weight: 9, arbitrary: bearer });

it('no request without a good credential is let in, whatever it holds, and none makes the authorizer fail', async () => {
  const headers = fc.oneof(
    fc.record({ authorization }),
    fc.record({ authorization, 'x-api-key': fc.oneof(text, apiKey) }, { requiredKeys: [] }),
  );
  const routeKey = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...Object.keys(ROUTES)) }, text);
  const good = await key.sign();
  const { lines, restore } = captureLines();
  try {
    expect(await authorize(authorizerEvent({ authorization: `Bearer ${good}` }, 'GET /token'))).toMatchObject({
      isAuthorized: true,
    });
    await fc.assert(
      fc.asyncProperty(headers, routeKey, async (given, route) => {
        const { isAuthorized, context } = await authorize(authorizerEvent(given, route));
        const { verdict } = decodeVerdict(context);
        expect(verdict).toBe(isAuthorized || verdict === 'anonymous' ? 'anonymous' : 'rejected');
        expect(Object.values(context ?? {}).every((value) => typeof value === 'string')).toBe(true);
      }),
      { numRuns: 3000 },
    );
  } finally {
    restore();
  }
  expect(lines).toEqual([]);
});
