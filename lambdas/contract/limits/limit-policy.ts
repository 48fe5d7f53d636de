import { boolean, integer, member, number, object, record, string, withDefault } from '../decode.ts';

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

interface LimitBase {
  /** Its name in headers, logs, metrics and overrides; unique among the limits that a request meets. */
  readonly name: string;
  readonly by: LimitBy;
  /** True: counts and reports what it would refuse, refuses nothing. */
  readonly shadow: boolean;
  readonly onStoreFailure: OnStoreFailure;
  /** Share of the limit, 0 < share <= 1, that one instance lets pass when it counts alone. */
  readonly localShare: number;
}

/** At most `limit` units in any interval of `windowMs`. */
export interface WindowLimit extends LimitBase {
  readonly kind: 'window';
  readonly limit: number;
  readonly windowMs: number;
  /** Limits by the `plan` claim, in place of `limit` for clients that have that plan. */
  readonly plans: Readonly<Record<string, number>>;
}

/** `burst` units at once, and `ratePerS` more each second. */
export interface BucketLimit extends LimitBase {
  readonly kind: 'bucket';
  readonly ratePerS: number;
  readonly burst: number;
}

/** At most `limit` requests under way at once; a lease that is not given back ends after `leaseMs`. */
export interface ConcurrencyLimit extends LimitBase {
  readonly kind: 'concurrency';
  readonly limit: number;
  readonly leaseMs: number;
}

export type LimitPolicy = WindowLimit | BucketLimit | ConcurrencyLimit;

/** Whether a limit counts requests under way, each by a lease, and not the units that they cost. */
export function takesLease<Limit extends object>(limit: Limit): limit is Limit & Pick<ConcurrencyLimit, 'leaseMs'> {
  return 'leaseMs' in limit;
}

/** Leaves out what the decoder has as a default: each cold start reads the document, and people do. */
export function encodeLimit(limit: LimitPolicy): Partial<LimitPolicy> & Pick<LimitPolicy, 'kind' | 'name'> {
  const defaults: Readonly<Record<string, unknown>> = {
    by: 'client',
    shadow: false,
    onStoreFailure: 'local',
    localShare: DEFAULT_LOCAL_SHARE,
  };
  const entries = Object.entries(limit).filter(
    ([key, value]) => value !== defaults[key] && !(key === 'plans' && Object.keys(value).length === 0),
  );
  return Object.fromEntries(entries) as Partial<LimitPolicy> & Pick<LimitPolicy, 'kind' | 'name'>;
}

const limitBase = {
  name: string,
  by: withDefault(member(LIMIT_BY), 'client'),
  shadow: withDefault(boolean, false),
  onStoreFailure: withDefault(member(ON_STORE_FAILURE), 'local'),
  localShare: withDefault(number, DEFAULT_LOCAL_SHARE),
};
const limitKinds = {
  window: object({
    ...limitBase,
    kind: member(['window'] as const),
    limit: integer,
    windowMs: integer,
    plans: withDefault(record(integer), {}),
  }),
  bucket: object({ ...limitBase, kind: member(['bucket'] as const), ratePerS: number, burst: integer }),
  concurrency: object({ ...limitBase, kind: member(['concurrency'] as const), limit: integer, leaseMs: integer }),
};
const limitKind = object({ kind: member(Object.keys(limitKinds) as LimitPolicy['kind'][]) });

export function limitPolicy(value: unknown, path: string): LimitPolicy {
  return limitKinds[limitKind(value, path).kind](value, path);
}
