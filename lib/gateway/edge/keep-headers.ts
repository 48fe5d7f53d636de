import type { IdentityHeaders } from '../../../lambdas/contract/auth/identity-headers.ts';
import { isUntrusted, REBUILT_HEADERS } from '../../../lambdas/contract/untrusted-headers.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { texts } from '../props/check-props.ts';

export const KEEP_HEADERS = texts('CF-Connecting-IP');

/** A whole name: `x-envoy-*` would also keep headers that Envoy adds later. */
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * The untrusted headers that a service keeps, in lower case.
 *
 * @throws InvalidPropError for a name that is not on the list, or that only the gateway may send
 */
export function keepHeaders(names: readonly string[], identityHeaders: IdentityHeaders): readonly string[] {
  const kept = names.map((name) => {
    const lower = name.toLowerCase();
    const fault = faultOf(lower, identityHeaders);
    if (fault === undefined) return lower;
    throw new InvalidPropError(`keepHeaders must be ${fault.rule}, got ${JSON.stringify(name)}: ${fault.fix}`);
  });
  return [...new Set(kept)];
}

function faultOf(lower: string, identityHeaders: IdentityHeaders) {
  if (REBUILT_HEADERS.includes(lower) || Object.hasOwn(identityHeaders, lower)) {
    return { rule: 'headers that a proxy before the gateway sets', fix: 'the gateway writes it anew; leave it out' };
  }
  if (NAME.test(lower) && isUntrusted(lower)) return undefined;
  return {
    rule: 'whole names from the list “Headers that do not go on” in docs/props.md',
    fix: "no other header can be kept; write one like 'CF-Connecting-IP', or leave it out",
  };
}
