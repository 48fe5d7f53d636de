import type { JWK } from 'jose';
import type { Algorithm } from '../../lambdas/contract/auth/authorizer-config.ts';

/** What each row of tokens is given: one issuer with one key, which it must check all of. */
export interface TokenSetup {
  readonly algorithm: Algorithm;
  readonly jwk: JWK;
  readonly issuer: string;
  readonly audience: string;
}

/** What each row of API keys is given: all keys that there are. */
export interface ApiKeySetup {
  readonly keys: readonly string[];
}

/** Throws, or rejects, for a credential that is not good. */
export type Verify = (credential: string) => unknown;

/** What each file of `verifiers` exports. */
export type MakeVerifier<Setup = TokenSetup> = (setup: Setup) => Verify | Promise<Verify>;
