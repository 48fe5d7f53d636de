import type { Duration } from 'aws-cdk-lib';
import type { LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import type { Kind } from '../props/check-props.ts';
import { bucketLimit, type TokenBucketProps } from './bucket-limit.ts';
import { type ConcurrencyOptions, concurrencyLimit } from './concurrency-limit.ts';
import type { LimitOptions } from './limit-options.ts';
import { type PlanLimitOptions, planLimit, windowLimit } from './window-limit.ts';

/** How often clients may call, and whose requests count together. */
export class RateLimit {
  /**
   * At most `limit` requests of one client in any interval of this length; further ones are answered 429. A client is
   * the token's subject or the API key, and without a credential the source address.
   */
  static perClient(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit(windowLimit('client', limit, window, options));
  }

  /** The same for one source address, whatever the client. */
  static perIp(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit(windowLimit('ip', limit, window, options));
  }

  /** The same for all clients of one tenant, as the credential names it; a client without one counts by itself. */
  static perTenant(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit(windowLimit('tenant', limit, window, options));
  }

  /** The same for all clients together: all requests of the gateway, the service or the route that the limit is put on. */
  static total(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit(windowLimit('total', limit, window, options));
  }

  /** The same for one client, with a limit for each plan that credentials name: `{ free: 60, pro: 600 }`. */
  static perPlan(plans: Readonly<Record<string, number>>, window: Duration, options: PlanLimitOptions = {}): RateLimit {
    return new RateLimit(planLimit(plans, window, options));
  }

  /** `burst` requests at once and `rate` more each second: unlike a window, it saves up pauses. */
  static tokenBucket(props: TokenBucketProps, options: LimitOptions = {}): RateLimit {
    return new RateLimit(bucketLimit(props, options));
  }

  /** At most `limit` requests of one client under way at once; further ones are answered 429. */
  static concurrency(limit: number, options: ConcurrencyOptions = {}): RateLimit {
    return new RateLimit(concurrencyLimit(limit, options));
  }

  /** Counts nothing; on a route, the limits of its service do not apply either. The throttle of the stage still does. */
  static none(): RateLimit {
    return new RateLimit();
  }

  /** Undefined for none. Its name and the time of its leases are complete where the limit is put: see `placedLimits`. */
  readonly policy: LimitPolicy | undefined;

  private constructor(policy?: LimitPolicy) {
    this.policy = policy;
  }
}

/** One limit or several: a request must pass all of them. */
export type RateLimits = RateLimit | readonly RateLimit[];

export const RATE_LIMIT: Kind = {
  is: (value) => [value].flat().every((one) => one instanceof RateLimit),
  rule: 'a RateLimit or an array of them',
  fix: 'write RateLimit.perClient(100, Duration.minutes(1)) or RateLimit.none()',
};

/** @throws InvalidPropError for an empty list, and for none among others */
export function policiesOf(rateLimit: RateLimits): readonly LimitPolicy[] {
  const limits = [rateLimit].flat();
  const policies = limits.flatMap(({ policy }) => policy ?? []);
  if (limits.length === 0) {
    throw new InvalidPropError(
      'rateLimit must name at least one limit, got []: write RateLimit.none() to count nothing, so that a forgotten limit is an error',
    );
  }
  if (policies.length < limits.length && limits.length > 1) {
    throw new InvalidPropError(
      'rateLimit must be RateLimit.none() alone or limits without it, got both: leave one of them out',
    );
  }
  return policies;
}
