import type { ClaimMapping } from '../../lambdas/contract/auth/authorizer-config.ts';
import type { ClaimPointer } from '../../lambdas/contract/auth/claim-pointer.ts';
import type { ClaimTest } from '../../lambdas/contract/auth/claim-test.ts';

/** Claims of an issuer's tokens besides the registered ones. */
export interface IssuerClaims {
  readonly mapping: Pick<ClaimMapping, 'sub' | 'scopes'>;
  readonly requires: readonly ClaimTest[];
}

type MutableClaims = Record<string, unknown>;

/** Claims where the issuer's mapping reads them, and those that the issuer requires. */
export function issuerClaims(
  { mapping, requires }: IssuerClaims,
  subject: string,
  scope: string | undefined,
): Readonly<Record<string, unknown>> {
  const claims: MutableClaims = {};
  for (const test of requires) put(claims, test.claim, exampleOf(test));
  put(claims, mapping.sub, subject);
  if (scope !== undefined && mapping.scopes !== null) put(claims, mapping.scopes ?? '/scope', scope);
  return claims;
}

function exampleOf(test: ClaimTest): unknown {
  switch (test.op) {
    case 'equals':
      return test.value;
    case 'contains':
      return [test.value];
    case 'oneOf':
      return test.value[0];
    case 'matches':
      return test.value.replaceAll('*', '').replaceAll('?', 'x');
  }
}

function put(claims: MutableClaims, pointer: ClaimPointer, value: unknown): void {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop() ?? '';
  const parent = names.reduce((at, name) => {
    at[name] ??= {};
    return at[name] as MutableClaims;
  }, claims);
  parent[last] = value;
}
