import { ANY_JWT } from '../../../lambdas/contract/auth/auth-policy.ts';
import { authorizerWith } from '../authorizer.ts';
import type { MakeVerifier } from '../verifier.ts';
import { verifierOf } from './tollgate.ts';

export const makeVerifier: MakeVerifier = (setup) => authorizerWith(verifierOf(setup), ANY_JWT);
