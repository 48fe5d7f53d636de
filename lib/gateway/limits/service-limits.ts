import { inheritedLimits } from '../../../lambdas/contract/limits/inherited-limits.ts';
import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { RoutePolicy } from '../../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { LONGEST_TIMEOUT } from '../props/overhead-allowance.ts';
import { wholeNumber } from '../props/whole-number.ts';
import type { LimitDraft } from './limit-draft.ts';
import { type LimitScope, limitPolicies, type NamedLimit, namedLimits } from './limit-policies.ts';
import { checkLimitsMet } from './limits-met.ts';
import { draftsOf, type RateLimits } from './rate-limit.ts';

/** What a service or a route says of its limits. */
export interface LimitProps extends Pick<RoutePolicy, 'auth'> {
  readonly rateLimit?: RateLimits | undefined;
  readonly cost?: number | undefined;
}

const COST = {
  ...LIMIT_BOUNDS.cost,
  fix: 'it is what one request counts for; a request that counts for nothing has RateLimit.none()',
};

/** The limits that requests of one service meet: its own, its routes' and the gateway's, each list beside the others. */
export class ServiceLimits {
  readonly gateway: readonly LimitPolicy[];
  readonly #timeoutMs: number;
  readonly #service: readonly LimitPolicy[];
  readonly #cost: number;

  /** @throws InvalidPropError when requests of the service's default routes cannot meet these limits */
  constructor(
    gateway: readonly NamedLimit[],
    timeoutMs: number,
    props: LimitProps & { readonly rateLimit: RateLimits },
  ) {
    this.#timeoutMs = timeoutMs;
    this.#cost = costOf(props.cost ?? 1);
    // One lease for all services: they share a key, and an end past one's own lease would not count for it.
    this.gateway = limitPolicies(gateway, LONGEST_TIMEOUT.toMilliseconds());
    this.#service = this.policies('service', props.rateLimit, props.auth);
    checkLimitsMet({ gateway: this.gateway, service: this.#service }, this.#cost);
  }

  /** Of the service's default routes. */
  get default(): Pick<RoutePolicy, 'limits' | 'cost'> {
    return { limits: this.#service, cost: this.#cost };
  }

  /** Of a route of its own. @throws InvalidPropError when its requests cannot meet these limits */
  ofRoute({ auth, rateLimit, cost: given }: LimitProps): Pick<RoutePolicy, 'limits' | 'cost'> {
    const cost = given === undefined ? this.#cost : costOf(given);
    const limits = rateLimit ? this.policies('route', rateLimit, auth) : null;
    const service = inheritedLimits(this.#service, limits);
    checkLimitsMet({ gateway: this.gateway, service, route: limits ?? [] }, cost);
    return { limits, cost };
  }

  private policies(scope: LimitScope, rateLimit: RateLimits, auth: RoutePolicy['auth']): readonly LimitPolicy[] {
    const drafts = draftsOf(rateLimit);
    if (auth.type === 'none') for (const draft of drafts) checkHoldsWithoutToken(draft);
    return limitPolicies(namedLimits(drafts, scope), this.#timeoutMs);
  }
}

function costOf(cost: number): number {
  return wholeNumber('cost', cost, COST);
}

/** @throws InvalidPropError for a limit by what only a token tells */
function checkHoldsWithoutToken(draft: LimitDraft): void {
  const perPlan = draft.kind === 'window' && Object.keys(draft.plans).length > 0;
  if (draft.by !== 'tenant' && !perPlan) return;
  throw new InvalidPropError(
    `a limit per ${perPlan ? 'plan' : 'tenant'} must stand where a token is asked for, got one beside Auth.none(): no request there has a ${perPlan ? 'plan' : 'tenant'}; write RateLimit.perIp(100, Duration.minutes(1))`,
  );
}
