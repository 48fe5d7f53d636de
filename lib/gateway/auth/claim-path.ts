import type { ClaimPath } from '../../../lambdas/contract/auth/claim-pointer.ts';
import type { Kind } from '../props/check-props.ts';

export const CLAIM_PATH: Kind = {
  is: isClaimPath,
  rule: 'the name of a claim, or the names that lead to it',
  fix: "write one like 'email', or like ['realm_access', 'roles'] for a claim inside another",
};

function isClaimPath(value: unknown): value is ClaimPath {
  const names = Array.isArray(value) ? value : [value];
  return names.length > 0 && names.every((name) => typeof name === 'string' && name !== '' && name.isWellFormed());
}
