import { type LimitPolicy, takesLease } from '../../../lambdas/contract/limits/limit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { OVERHEAD_ALLOWANCE } from '../props/overhead-allowance.ts';
import { policiesOf, type RateLimits } from './rate-limit.ts';

/** The place of a limit: gateway, service or route. */
export type LimitScope = 'gateway' | 'service' | 'route';

/** The name of the gateway's limit of refused credentials, and of no other. */
export const BAD_CREDENTIALS = 'bad-credentials';

/** Longer than Lambda runs the proxy function, so that a lease outlives every request that could return it. */
const LEASE_MARGIN_MS = 1000;

/**
 * The limits as functions read them. A limit without a name gets one from what it counts. Leases outlive requests with
 * this timeout.
 */
export function placedLimits(
  rateLimit: RateLimits,
  { scope, timeoutMs }: { readonly scope: LimitScope; readonly timeoutMs: number },
): readonly LimitPolicy[] {
  const limits = policiesOf(rateLimit);
  const leaseMs = timeoutMs + OVERHEAD_ALLOWANCE.toMilliseconds() + LEASE_MARGIN_MS;
  const taken = new Set(limits.map(({ name }) => name));
  if (taken.has(BAD_CREDENTIALS)) {
    throw new InvalidPropError(
      `the name ${BAD_CREDENTIALS} must be left to the gateway's limit of refused credentials, got it for another: give it another name, or the limit to the gateway's prop badCredentials`,
    );
  }
  return limits.map((limit) => {
    const name = limit.name || freeName(defaultName(limit, scope), taken);
    taken.add(name);
    return { ...limit, name, ...(takesLease(limit) && { leaseMs }) };
  });
}

/** Whether the limit depends on the plan in a token. */
export function isPerPlan(limit: LimitPolicy): boolean {
  return 'plans' in limit && Object.keys(limit.plans).length > 0;
}

/** `client`, `ip-bucket`, `gateway-plan`; a total by what it is the total of, `service-concurrency`; `client-shadow`. */
function defaultName(limit: LimitPolicy, scope: LimitScope): string {
  const { kind, by, shadow } = limit;
  const subject = by === 'total' ? scope : `${scope === 'gateway' ? 'gateway-' : ''}${isPerPlan(limit) ? 'plan' : by}`;
  return `${subject}${kind === 'window' ? '' : `-${kind}`}${shadow ? '-shadow' : ''}`;
}

/** `client`, then `client-2`. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
