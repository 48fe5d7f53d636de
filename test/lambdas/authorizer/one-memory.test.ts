import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuthorizer } from '../../../lambdas/authorizer/authorize.ts';
import { RememberingVerifier } from '../../../lambdas/authorizer/remembering-verifier.ts';
import { VerifiedCredentials } from '../../../lambdas/authorizer/verified-credentials.ts';
import { acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import { invalidToken } from '../../../lambdas/core/auth/authorization.ts';
import { authorizerEvent, issuerConfig, jwtVerifier } from '../../support/auth/authorizer.ts';
import { createKey, type TestKey } from '../../support/auth/tokens.ts';
import { serveHttp, type TestServer } from '../../support/upstreams/upstream.ts';

let key: TestKey;
let issuer: TestServer;

beforeAll(async () => {
  key = await createKey('es');
  issuer = await serveHttp((_, response) => response.end(JSON.stringify({ keys: [key.jwk] })));
});
afterAll(() => issuer.stop());

it('a token that is remembered is no API key where one is looked for', async () => {
  const options = { remembered: new VerifiedCredentials(), revoked: () => false };
  const jwts = jwtVerifier({ issuers: [issuerConfig({ jwksUri: issuer.url })], clock: Date.now });
  const authorize = createAuthorizer({
    config: {
      rejections: 'explained',
      policies: [{ type: 'required', accepts: [acceptance('jwt'), acceptance('apiKey', { header: 'x-api-key' })] }],
      services: { '/api/users': 0 },
      routes: {},
    },
    verifiers: {
      jwt: new RememberingVerifier(jwts, options),
      apiKey: new RememberingVerifier({ verify: async () => invalidToken('the API key is not valid') }, options),
    },
    clock: Date.now,
  });
  const token = await key.sign();
  const verdictOf = async (headers: Record<string, string>) =>
    (await authorize(authorizerEvent(headers))).context?.['verdict'];
  expect(await verdictOf({ 'x-api-key': token })).toBe('rejected');
  expect(await verdictOf({ authorization: `Bearer ${token}` })).toBe('verified');
  expect(await verdictOf({ 'x-api-key': token })).toBe('rejected');
});
