import { boolean, type Decoded, integer, member, number, object, record, string, variant } from '../decode.ts';

/** Whose requests a limit counts together; `total`: all of them. */
export const LIMIT_BY = ['client', 'ip', 'tenant', 'total'] as const;
export type LimitBy = (typeof LIMIT_BY)[number];

/**
 * What the function does with a request while it cannot ask Redis: `local` counts it in this instance's memory against a share
 * of the limit, `open` lets it pass, `closed` refuses it.
 */
export const ON_STORE_FAILURE = ['local', 'open', 'closed'] as const;
export type OnStoreFailure = (typeof ON_STORE_FAILURE)[number];

/** The share of one instance that counts alone, while it cannot ask Redis: see `localShare`. */
export const DEFAULT_LOCAL_SHARE = 0.5;

const base = {
  /** Name in headers, logs, metrics and overrides; unique among the limits that one request meets. */
  name: string,
  by: member(LIMIT_BY),
  /** True: counts and reports what it would refuse, refuses nothing. */
  shadow: boolean,
  onStoreFailure: member(ON_STORE_FAILURE),
  /** Share of the limit, 0 < share <= 1, that one instance lets pass when it counts alone. */
  localShare: number,
};

export const limitPolicy = variant('kind', {
  /** At most `limit` units in any interval of `windowMs`. */
  window: object({
    ...base,
    limit: integer,
    windowMs: integer,
    /** Limits by the `plan` claim. A client that has one of these plans has its limit instead of `limit`. */
    plans: record(integer),
  }),
  /** `burst` units at once, and `ratePerS` more each second. */
  bucket: object({ ...base, ratePerS: number, burst: integer }),
  /** At most `limit` requests under way at once. A lease that is not returned ends after `leaseMs`. */
  concurrency: object({ ...base, limit: integer, leaseMs: integer }),
});
export type LimitPolicy = Decoded<typeof limitPolicy>;
export type WindowLimit = Extract<LimitPolicy, { readonly kind: 'window' }>;
export type BucketLimit = Extract<LimitPolicy, { readonly kind: 'bucket' }>;
export type ConcurrencyLimit = Extract<LimitPolicy, { readonly kind: 'concurrency' }>;

/** Whether a limit counts requests under way, each by a lease, and not the units that they cost. */
export function takesLease<Limit extends object>(limit: Limit): limit is Limit & Pick<ConcurrencyLimit, 'leaseMs'> {
  return 'leaseMs' in limit;
}
