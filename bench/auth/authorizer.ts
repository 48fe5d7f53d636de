import { RevocationMark } from '../../lambdas/adapters/auth/revocation-mark.ts';
import { createAuthorizer } from '../../lambdas/authorizer/authorize.ts';
import type { CredentialVerifier } from '../../lambdas/authorizer/credential-verifier.ts';
import { RememberingVerifier } from '../../lambdas/authorizer/remembering-verifier.ts';
import { VerifiedCredentials } from '../../lambdas/authorizer/verified-credentials.ts';
import type { AuthPolicy } from '../../lambdas/contract/auth/auth-policy.ts';
import { authorizerEvent } from '../authorizer-event.ts';
import type { Verify } from './verifier.ts';

/**
 * The whole answer to API Gateway: the route's policy, the credential, the memory of what was verified, the verdict. Of the
 * table, which answers at once, nobody was ever revoked.
 */
export function authorizerWith(verifier: CredentialVerifier, policy: AuthPolicy): Verify {
  const mark = new RevocationMark({ client: { get: async () => undefined }, gateway: 'bench', clock: Date.now });
  const remembering = new RememberingVerifier(verifier, {
    remembered: new VerifiedCredentials(),
    revoked: () => mark.changed(),
  });
  const authorize = createAuthorizer({
    config: { rejections: 'explained', policies: [policy], services: { '/api/users': 0 }, routes: {} },
    verifiers: { jwt: remembering, apiKey: remembering },
    clock: Date.now,
  });
  return async (credential) => {
    const { context } = await authorize(authorizerEvent(credential));
    if (context?.['verdict'] !== 'verified') throw new Error(context?.['error']);
  };
}
