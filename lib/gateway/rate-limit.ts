import { Duration } from 'aws-cdk-lib';
import type { RateLimitPolicy } from '../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../invalid-prop.ts';
import { checkKind, DURATION, type Kind } from './check-props.ts';
import { intervalMs } from './interval.ts';

const WINDOW = {
  min: Duration.seconds(1),
  max: Duration.days(31),
  reason: 'bursts under a second are what the throttle of the stage is for, and counters live in memory',
};

/** How often one client may call. */
export class RateLimit {
  /**
   * At most `limit` requests of one client in any interval of this length; further ones are answered 429. A client is
   * the token's subject, and on public routes the source address.
   */
  static perClient(limit: number, window: Duration): RateLimit {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new InvalidPropError(
        `a rate limit must be a whole number of at least 1, got ${limit}: write RateLimit.none() to count nothing, or a longer window for less than one request`,
      );
    }
    checkKind('the window of a rate limit', window, DURATION);
    return new RateLimit({ limit, windowMs: intervalMs('the window of a rate limit', window, WINDOW) });
  }

  /** Counts nothing. The throttle of the stage still holds. */
  static none(): RateLimit {
    return new RateLimit(null);
  }

  readonly #policy: RateLimitPolicy | null;

  private constructor(policy: RateLimitPolicy | null) {
    this.#policy = policy;
  }

  /** As the functions read it. */
  get policy(): RateLimitPolicy | null {
    return this.#policy;
  }
}

export const RATE_LIMIT: Kind = {
  is: (value) => value instanceof RateLimit,
  rule: 'a RateLimit',
  fix: 'write RateLimit.perClient(100, Duration.minutes(1)) or RateLimit.none()',
};
