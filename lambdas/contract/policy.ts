import { type AuthPolicy, authPolicy } from './auth/auth-policy.ts';
import { DEFAULT_IDENTITY_HEADERS, type IdentityHeaders, identityHeaders } from './auth/identity-headers.ts';
import { type CircuitPolicy, circuitPolicy } from './circuit/circuit-policy.ts';
import {
  array,
  boolean,
  decodeJson,
  integer,
  nullable,
  number,
  object,
  record,
  string,
  withDefault,
} from './decode.ts';
import { type LimitPolicy, limitPolicy } from './limits/limit-policy.ts';

/** A healthy cache answers in about a millisecond, and a request must not wait for a sick one. */
export const DEFAULT_CACHE_TIMEOUT_MS = 50;

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
function routePolicy(value: unknown, path: string): RoutePolicy {
  const limits = withDefault(nullable(array(limitPolicy)), null);
  return object({ auth: authPolicy, limits, cost: withDefault(integer, 1) })(value, path);
}
