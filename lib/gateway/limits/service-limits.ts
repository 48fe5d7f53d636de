import { inheritedLimits } from '../../../lambdas/contract/limits/inherited-limits.ts';
import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { RoutePolicy } from '../../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { wholeNumber } from '../props/whole-number.ts';
import { checkLimitsMet } from './limits-met.ts';
import { isPerPlan, type LimitScope, placedLimits } from './placed-limits.ts';
import type { RateLimits } from './rate-limit.ts';

/** The props of a service or a route that its limits depend on. */
export interface LimitProps extends Pick<RoutePolicy, 'auth'> {
  readonly rateLimit?: RateLimits | undefined;
  readonly cost?: number | undefined;
}

const COST = {
  ...LIMIT_BOUNDS.cost,
  fix: 'it is what one request counts for; a request that counts for nothing has RateLimit.none()',
};

/** The limits that requests of one service meet: the service's own, its routes' and the gateway's. */
export class ServiceLimits {
  readonly #gateway: readonly LimitPolicy[];
  readonly #timeoutMs: number;
  readonly #service: readonly LimitPolicy[];
  readonly #cost: number;

  /** @throws InvalidPropError when requests of the service's default routes cannot meet these limits */
  constructor(
    gateway: readonly LimitPolicy[],
    timeoutMs: number,
    props: LimitProps & { readonly rateLimit: RateLimits },
  ) {
    this.#timeoutMs = timeoutMs;
    this.#cost = costOf(props.cost ?? 1);
    this.#gateway = gateway;
    this.#service = this.policies('service', props.rateLimit, props.auth);
    checkLimitsMet({ gateway, service: this.#service }, this.#cost);
  }

  /** For the service's default routes. */
  get default(): Pick<RoutePolicy, 'limits' | 'cost'> {
    return { limits: this.#service, cost: this.#cost };
  }

  /** For one route. @throws InvalidPropError when its requests cannot meet these limits */
  ofRoute({ auth, rateLimit, cost: given }: LimitProps): Pick<RoutePolicy, 'limits' | 'cost'> {
    const cost = given === undefined ? this.#cost : costOf(given);
    const limits = rateLimit ? this.policies('route', rateLimit, auth) : null;
    const service = inheritedLimits(this.#service, limits);
    checkLimitsMet({ gateway: this.#gateway, service, route: limits ?? [] }, cost);
    return { limits, cost };
  }

  private policies(scope: LimitScope, rateLimit: RateLimits, auth: RoutePolicy['auth']): readonly LimitPolicy[] {
    const limits = placedLimits(rateLimit, { scope, timeoutMs: this.#timeoutMs });
    if (auth.type === 'none') for (const limit of limits) checkHoldsWithoutToken(limit);
    return limits;
  }
}

function costOf(cost: number): number {
  return wholeNumber('cost', cost, COST);
}

/** @throws InvalidPropError for a limit by a claim that only a token has */
function checkHoldsWithoutToken(limit: LimitPolicy): void {
  const claim = isPerPlan(limit) ? 'plan' : 'tenant';
  if (claim === 'tenant' && limit.by !== 'tenant') return;
  throw new InvalidPropError(
    `a limit per ${claim} needs a route that asks for a token, got one beside Auth.none(): no request there has a ${claim}; write RateLimit.perIp(100, Duration.minutes(1))`,
  );
}
