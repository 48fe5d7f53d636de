import { type AuthPolicy, authPolicy } from './auth/auth-policy.ts';
import { DEFAULT_IDENTITY_HEADERS, type IdentityHeaders, identityHeaders } from './auth/identity-headers.ts';
import { type CircuitPolicy, circuitPolicy } from './circuit/circuit-policy.ts';
import {
  array,
  boolean,
  decodeJson,
  integer,
  member,
  nullable,
  number,
  object,
  record,
  string,
  withDefault,
} from './decode.ts';

/** Whose requests a limit counts together; `total`: everybody's. */
export const LIMIT_BY = ['client', 'ip', 'tenant', 'total'] as const;
export type LimitBy = (typeof LIMIT_BY)[number];

/**
 * What becomes of a request while Redis cannot be asked: `local` counts it in this instance's memory against a share
 * of the limit, `open` lets it pass, `closed` refuses it.
 */
export const ON_STORE_FAILURE = ['local', 'open', 'closed'] as const;
export type OnStoreFailure = (typeof ON_STORE_FAILURE)[number];

/** A healthy cache answers in about a millisecond, and a request must not wait for a sick one. */
export const DEFAULT_CACHE_TIMEOUT_MS = 50;

/** Of one instance alone, while it cannot ask Redis: see `localShare`. */
export const DEFAULT_LOCAL_SHARE = 0.5;

interface LimitBase {
  /** What headers, logs, metrics and overrides call it; one of its kind among those a request meets. */
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
  /** Limits by the `plan` claim, which stand in place of `limit` for those who have that plan. */
  readonly plans: Readonly<Record<string, number>>;
}

/** `burst` units at once, and `ratePerS` more each second. */
export interface BucketLimit extends LimitBase {
  readonly kind: 'bucket';
  readonly ratePerS: number;
  readonly burst: number;
}

/** At most `limit` requests under way at once; a lease that nobody gave back ends after `leaseMs`. */
export interface ConcurrencyLimit extends LimitBase {
  readonly kind: 'concurrency';
  readonly limit: number;
  readonly leaseMs: number;
}

export type LimitPolicy = WindowLimit | BucketLimit | ConcurrencyLimit;

/** A limit as one number: of a bucket its burst. */
export function sizeOf(limit: LimitPolicy): number {
  return limit.kind === 'bucket' ? limit.burst : limit.limit;
}

/** What a request must pass before it is forwarded. */
export interface RoutePolicy {
  readonly auth: AuthPolicy;
  /**
   * Of a special route: what holds of its service beside them is told by `inheritedLimits`; null holds it to the
   * service's alone. Of the default routes: the service's.
   */
  readonly limits: readonly LimitPolicy[] | null;
  /** Units that one request counts for. */
  readonly cost: number;
}

/** Requests that fail before the upstream could act on them are sent again. */
export interface RetryPolicy {
  /** Further attempts of one request. */
  readonly attempts: number;
  /** Share of the requests of all instances together, 0 < share <= 1, that may be such attempts. */
  readonly budgetShare: number;
}

/** All that a proxy function knows of its service. */
export interface ServicePolicy {
  /** Name of the gateway; keeps the keys of two gateways on one foundation apart. */
  readonly gateway: string;
  readonly service: string;
  /** CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** `/api/users`: no trailing slash. */
  readonly prefix: string;
  /** `http://host:port/base`, without a trailing slash, query or fragment. */
  readonly upstream: string;
  /** Until the last byte of the upstream's answer. */
  readonly timeoutMs: number;
  readonly stripPrefix: boolean;
  /** Whether the upstream is sent the credential itself, in whichever header it came. */
  readonly forwardAuthorization: boolean;
  /** What the upstream is told of who calls. */
  readonly identityHeaders: IdentityHeaders;
  /** Untrusted fields of clients that the upstream gets all the same, in lower case. */
  readonly keepHeaders: readonly string[];
  /** How often one address may present credentials that are refused; null: as often as it likes. */
  readonly badCredentials: LimitPolicy | null;
  readonly circuit: CircuitPolicy | null;
  /** Null: no request is sent again. */
  readonly retry: RetryPolicy | null;
  /** Limits that count the requests of all services together. */
  readonly gatewayLimits: readonly LimitPolicy[];
  /** Whether clients are told of their limits in header fields. */
  readonly rateLimitHeaders: boolean;
  /** How long a decision may wait for the cache. */
  readonly cacheTimeoutMs: number;
  /** For `ANY {prefix}` and `ANY {prefix}/{proxy+}`. */
  readonly default: RoutePolicy;
  /** By route key, `POST /api/payments/refunds`. */
  readonly routes: Readonly<Record<string, RoutePolicy>>;
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

/** @throws DecodeError naming the path, the rule and the value */
export function decodeServicePolicy(json: string): ServicePolicy {
  return decodeJson(servicePolicy, json, 'service');
}

const servicePolicy = object({
  gateway: string,
  service: string,
  namespace: string,
  prefix: string,
  upstream: string,
  timeoutMs: integer,
  stripPrefix: boolean,
  forwardAuthorization: boolean,
  identityHeaders: withDefault(identityHeaders, DEFAULT_IDENTITY_HEADERS),
  keepHeaders: withDefault(array(string), []),
  badCredentials: withDefault(nullable(limitPolicy), null),
  circuit: nullable(circuitPolicy),
  retry: withDefault(nullable(object({ attempts: integer, budgetShare: number })), null),
  gatewayLimits: withDefault(array(limitPolicy), []),
  rateLimitHeaders: withDefault(boolean, true),
  cacheTimeoutMs: withDefault(integer, DEFAULT_CACHE_TIMEOUT_MS),
  default: routePolicy,
  routes: record(routePolicy),
});
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
const limitKind = object({ kind: member(['window', 'bucket', 'concurrency'] as const) });

function limitPolicy(value: unknown, path: string): LimitPolicy {
  return limitKinds[limitKind(value, path).kind](value, path);
}

function routePolicy(value: unknown, path: string): RoutePolicy {
  const limits = withDefault(nullable(array(limitPolicy)), null);
  return object({ auth: authPolicy, limits, cost: withDefault(integer, 1) })(value, path);
}
