import type { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../../invalid-prop.ts';
import type { Kind } from '../props/check-props.ts';
import {
  bucketDraft,
  type ConcurrencyOptions,
  concurrencyDraft,
  type LimitDraft,
  type PlanLimitOptions,
  planDraft,
  type TokenBucketProps,
  windowDraft,
} from './limit-draft.ts';
import type { LimitOptions } from './limit-options.ts';

/** How often may be called, and whose requests count together. */
export class RateLimit {
  /**
   * At most `limit` requests of one client in any interval of this length; further ones are answered 429. A client is
   * the token's subject or the API key, and without a credential the source address.
   */
  static perClient(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit([windowDraft('client', limit, window, options)]);
  }

  /** Of one source address, whoever calls from there. */
  static perIp(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit([windowDraft('ip', limit, window, options)]);
  }

  /** Of all clients of one tenant, as the credential names it; a client without one counts by itself. */
  static perTenant(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit([windowDraft('tenant', limit, window, options)]);
  }

  /** Of everybody: the whole gateway's requests, the service's or the route's, as the limit stands on one of them. */
  static total(limit: number, window: Duration, options: LimitOptions = {}): RateLimit {
    return new RateLimit([windowDraft('total', limit, window, options)]);
  }

  /** Of one client, so many as its credential's plan is worth: `{ free: 60, pro: 600 }`. */
  static perPlan(plans: Readonly<Record<string, number>>, window: Duration, options: PlanLimitOptions = {}): RateLimit {
    return new RateLimit([planDraft(plans, window, options)]);
  }

  /** `burst` requests at once and `rate` more each second: pauses are saved up, as no window does. */
  static tokenBucket(props: TokenBucketProps, options: LimitOptions = {}): RateLimit {
    return new RateLimit([bucketDraft(props, options)]);
  }

  /** At most `limit` requests of one client under way at once; further ones are answered 429. */
  static concurrency(limit: number, options: ConcurrencyOptions = {}): RateLimit {
    return new RateLimit([concurrencyDraft(limit, options)]);
  }

  /** Counts nothing; on a route, the limits of its service do not hold either. The throttle of the stage still does. */
  static none(): RateLimit {
    return new RateLimit([]);
  }

  readonly #drafts: readonly LimitDraft[];

  private constructor(drafts: readonly LimitDraft[]) {
    this.#drafts = drafts;
  }

  /** As they were told, to be completed where they stand. */
  get drafts(): readonly LimitDraft[] {
    return this.#drafts;
  }
}

/** One limit or several, which a request must pass all. */
export type RateLimits = RateLimit | readonly RateLimit[];

export const RATE_LIMIT: Kind = {
  is: (value) => [value].flat().every((one) => one instanceof RateLimit),
  rule: 'a RateLimit or an array of them',
  fix: 'write RateLimit.perClient(100, Duration.minutes(1)) or RateLimit.none()',
};

/** @throws InvalidPropError for an empty list, and for none among others */
export function draftsOf(rateLimit: RateLimits): readonly LimitDraft[] {
  const limits = [rateLimit].flat();
  const drafts = limits.flatMap((limit) => limit.drafts);
  if (limits.length === 0) {
    throw new InvalidPropError(
      'rateLimit must name at least one limit, got []: write RateLimit.none() to count nothing, which is told apart from a limit that was forgotten',
    );
  }
  if (drafts.length < limits.length && limits.length > 1) {
    throw new InvalidPropError(
      'rateLimit must be RateLimit.none() alone or limits without it, got both: leave one of them out',
    );
  }
  return drafts;
}
