import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type { ConcurrencyLimit, LimitBy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { optional, type PropKinds } from '../props/check-props.ts';
import { wholeNumber } from '../props/whole-number.ts';
import { BY, LIMIT_OPTIONS, type LimitOptions, limitOptions } from './limit-options.ts';

export interface ConcurrencyOptions extends LimitOptions {
  /**
   * Whose requests count together.
   *
   * @default 'client'
   */
  readonly by?: LimitBy;
}

const CONCURRENCY_OPTIONS = { ...LIMIT_OPTIONS, by: optional(BY) } satisfies PropKinds<ConcurrencyOptions>;
const UNDER_WAY = {
  ...LIMIT_BOUNDS.concurrency,
  fix: 'each request under way is remembered by itself; bound more by maxConcurrency, or write RateLimit.none()',
};

/** Its leases get their time where the limit is put. */
export function concurrencyLimit(limit: number, options: ConcurrencyOptions): ConcurrencyLimit {
  const checked = limitOptions(options, CONCURRENCY_OPTIONS);
  wholeNumber('a bound of concurrency', limit, UNDER_WAY);
  return { kind: 'concurrency', by: options.by ?? 'client', ...checked, limit, leaseMs: 0 };
}
