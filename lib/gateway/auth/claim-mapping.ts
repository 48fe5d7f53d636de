import { type ClaimMapping, DEFAULT_MAPPING } from '../../../lambdas/contract/auth/authorizer-config.ts';
import { type ClaimPath, claimPointer } from '../../../lambdas/contract/auth/claim-pointer.ts';
import { checkProps, type Kind, optional, type PropKinds } from '../props/check-props.ts';
import { CLAIM_PATH } from './claim-path.ts';

/**
 * The claims of an issuer's tokens that hold each fact. Each is given by its name (`'cognito:groups'`,
 * `'https://example.com/roles'`) or by the names on the way to it (`['realm_access', 'roles']`). Null: the tokens do not
 * hold the fact.
 */
export interface ClaimMappingProps {
  /** @default 'sub' */
  readonly sub?: ClaimPath;
  /** @default 'email' */
  readonly email?: ClaimPath | null;
  /** @default 'roles' */
  readonly roles?: ClaimPath | null;
  /** @default - `scp` where that is an array, else `scope`, else `scp` */
  readonly scopes?: ClaimPath | null;
  /** @default 'plan' */
  readonly plan?: ClaimPath | null;
  /** @default 'tenant' */
  readonly tenant?: ClaimPath | null;
}

const OR_NULL: Kind = {
  ...CLAIM_PATH,
  is: (value) => value === null || CLAIM_PATH.is(value),
  fix: `${CLAIM_PATH.fix}, or null for none`,
};

const PROPS = {
  sub: optional(CLAIM_PATH),
  email: optional(OR_NULL),
  roles: optional(OR_NULL),
  scopes: optional(OR_NULL),
  plan: optional(OR_NULL),
  tenant: optional(OR_NULL),
} satisfies PropKinds<ClaimMappingProps>;

export function claimMapping(props: ClaimMappingProps): ClaimMapping {
  checkProps(props, PROPS);
  const given = Object.entries(props).filter(([, path]) => path !== undefined);
  return { ...DEFAULT_MAPPING, ...Object.fromEntries(given.map(([name, path]) => [name, path && claimPointer(path)])) };
}
