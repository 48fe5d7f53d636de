import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALGORITHMS, TOKEN_PROFILES } from '../../lambdas/contract/auth/authorizer-config.ts';
import type { ClaimPointer } from '../../lambdas/contract/auth/claim-pointer.ts';
import { claimTest, pointer } from '../../lambdas/contract/auth/claim-test.ts';
import { array, member, nullable, object, string, withDefault } from '../../lambdas/contract/decode.ts';
import { systemCode, UserError } from '../user-error.ts';

/** The issuers of the last served gateway, as far as tokens need them. */
const decodeIssuers = array(
  object({
    issuer: string,
    audience: nullable(array(string)),
    algorithms: array(member(ALGORITHMS)),
    profile: member(TOKEN_PROFILES),
    mapping: object({
      sub: pointer,
      scopes: withDefault<ClaimPointer | null | undefined>(nullable(pointer), undefined),
    }),
    requires: array(claimTest),
  }),
);
export type KnownIssuer = ReturnType<typeof decodeIssuers>[number];

export function storeIssuers(stateDir: string, issuers: readonly object[]): void {
  mkdirSync(stateDir, { recursive: true });
  const path = join(stateDir, 'issuers.json');
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(issuers, null, 2));
  renameSync(draft, path);
}

/** @throws UserError if no gateway has been served yet */
export function readIssuers(stateDir: string): readonly KnownIssuer[] {
  try {
    return decodeIssuers(JSON.parse(readFileSync(join(stateDir, 'issuers.json'), 'utf8')), 'issuers');
  } catch (cause) {
    const why = systemCode(cause) === 'ENOENT' ? 'no gateway has run here yet' : 'the stored issuers are unreadable';
    throw new UserError('issuers_unknown', `${why}: run npm start first`, { cause });
  }
}
