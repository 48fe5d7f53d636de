// The whole answer to API Gateway: the route's policy, the credential, the memory of what was verified, the verdict.
import { createAuthorizer } from '../../../lambdas/authorizer/authorizer.ts';
import { RememberingVerifier } from '../../../lambdas/authorizer/remembering-verifier.ts';
import { VerifiedCredentials } from '../../../lambdas/authorizer/verified-credentials.ts';
import { ANY_JWT } from '../../../lambdas/contract/auth-policy.ts';
import { authorizerEvent } from '../../../test/support/authorizer.ts';
import type { MakeVerifier } from '../verifier.ts';
import { verifierOf } from './tollgate.ts';

export const makeVerifier: MakeVerifier = (setup) => {
  const remembered = new VerifiedCredentials();
  const jwt = new RememberingVerifier(verifierOf(setup), { remembered, revoked: () => false });
  const authorize = createAuthorizer({
    config: { rejections: 'explained', policies: [ANY_JWT], services: { '/api/users': 0 }, routes: {} },
    verifiers: { jwt, apiKey: jwt },
    clock: Date.now,
  });
  return async (token) => {
    const { context } = await authorize(authorizerEvent({ authorization: `Bearer ${token}` }));
    if (context?.['verdict'] !== 'verified') throw new Error(context?.['error']);
  };
};
