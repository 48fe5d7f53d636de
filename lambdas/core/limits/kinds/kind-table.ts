import type { LimitPolicy } from '../../../contract/limits/limit-policy.ts';
import { bucket } from './bucket.ts';
import { concurrency } from './concurrency.ts';
import type { LimitKind } from './limit-kind.ts';
import { window } from './window.ts';

type Kinds = { readonly [Kind in LimitPolicy['kind']]: LimitKind<Extract<LimitPolicy, { readonly kind: Kind }>> };

/** Every kind of limit: a policy of a kind that is not here does not compile. */
export const LIMIT_KINDS: Kinds = { window, bucket, concurrency };

export function kindOf(policy: LimitPolicy): LimitKind<LimitPolicy> {
  return LIMIT_KINDS[policy.kind] as unknown as LimitKind<LimitPolicy>;
}

export function sizeOf(policy: LimitPolicy): number {
  return kindOf(policy).size(policy);
}
