import type { JWK } from 'jose';
import type { Algorithm } from '../../lambdas/contract/authorizer-config.ts';

/** What each row is given: one issuer with one key, which it must check all of. */
export interface Setup {
  readonly algorithm: Algorithm;
  readonly jwk: JWK;
  readonly issuer: string;
  readonly audience: string;
}

/** Throws, or rejects, for a token that is not good. */
export type Verify = (token: string) => unknown;

/** What each file of `verifiers` exports. */
export type MakeVerifier = (setup: Setup) => Verify | Promise<Verify>;
