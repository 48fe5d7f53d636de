import type { Acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { ClaimTest } from '../../../lambdas/contract/auth/claim-test.ts';
import { SCOPE } from '../../../lambdas/contract/auth/scope.ts';
import { printable } from '../../../lambdas/contract/printable.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { optional, type PropKinds, texts } from '../props/check-props.ts';
import { CLAIMS, type Claim } from './claim.ts';

/** Rights that a valid credential must have. A request without them gets 403 `insufficient_scope`. */
export interface Requirements {
  /**
   * Scopes, all of them.
   *
   * @default - none
   */
  readonly scopes?: readonly string[];
  /**
   * Scopes, one of them at least.
   *
   * @default - none
   */
  readonly anyScope?: readonly string[];
  /**
   * Roles, all of them.
   *
   * @default - none
   */
  readonly roles?: readonly string[];
  /**
   * Roles, one of them at least.
   *
   * @default - none
   */
  readonly anyRole?: readonly string[];
  /**
   * Claims, each as its `Claim` says. Of an API key there is one, its `owner`.
   *
   * @default - whatever they are
   */
  readonly claims?: readonly Claim[];
}

export const REQUIREMENTS = {
  scopes: optional(texts('orders:read')),
  anyScope: optional(texts('orders:read')),
  roles: optional(texts('support')),
  anyRole: optional(texts('support')),
  claims: optional(CLAIMS),
} satisfies PropKinds<Requirements>;

const MAX_ROLE_LENGTH = 256;

/** The requirements as the functions read them. @throws InvalidPropError for what no credential could hold */
export function requirementsOf({ scopes, anyScope, roles, anyRole, claims }: Requirements) {
  for (const [name, list] of Object.entries({ scopes, anyScope, roles, anyRole, claims })) checkGiven(name, list);
  return {
    scopes: words(scopes),
    anyScope: words(anyScope),
    roles: names(roles),
    anyRole: names(anyRole),
    claims: tests(claims),
  } satisfies Omit<Acceptance, 'kind' | 'header'>;
}

function checkGiven(name: string, list: readonly unknown[] | undefined): void {
  if (list?.length !== 0) return;
  throw new InvalidPropError(`${name} must name at least one, got []: leave it out to ask for none`);
}

function words(scopes: readonly string[] = []): readonly string[] {
  for (const scope of scopes) {
    if (SCOPE.test(scope)) continue;
    throw new InvalidPropError(
      `a scope must be one word of printable characters without quotes or backslashes, got ${JSON.stringify(scope)}: list scopes one by one, ['orders:read', 'orders:write']`,
    );
  }
  return [...new Set(scopes)];
}

function names(roles: readonly string[] = []): readonly string[] {
  for (const role of roles) {
    if (role !== '' && role.length <= MAX_ROLE_LENGTH && printable(role) === role) continue;
    throw new InvalidPropError(
      `a role must be 1 to ${MAX_ROLE_LENGTH} printable characters, got ${JSON.stringify(role)}: write it as the roles claim of your tokens has it`,
    );
  }
  return [...new Set(roles)];
}

function tests(claims: readonly Claim[] = []): readonly ClaimTest[] {
  return [...new Map(claims.map(({ test }) => [JSON.stringify(test), test])).values()];
}
