import { authPolicy } from './auth/auth-policy.ts';
import { identityHeaders } from './auth/identity-headers.ts';
import { circuitPolicy } from './circuit/circuit-policy.ts';
import { array, boolean, type Decoded, integer, nullable, number, object, record, string } from './decode.ts';
import { limitPolicy } from './limits/limit-policy.ts';

/** The policies of a route. */
const routePolicy = object({
  auth: authPolicy,
  /**
   * For a route of `addRoute`: its own limits; `inheritedLimits` says which of the service's limits hold as well. Null: only
   * the service's. For the default routes: the service's limits.
   */
  limits: nullable(array(limitPolicy)),
  /** Units that one request counts for. */
  cost: integer,
});
export type RoutePolicy = Decoded<typeof routePolicy>;

/** Requests that fail before the upstream could act on them are sent again. */
const retryPolicy = object({
  /** Further attempts of one request. */
  attempts: integer,
  /** Share of the requests of all instances together, 0 < share <= 1, that may be such attempts. */
  budgetShare: number,
});
export type RetryPolicy = Decoded<typeof retryPolicy>;

/** All that a proxy function knows of its service. */
export const servicePolicy = object({
  /** Name of the gateway; keeps the keys of two gateways on one foundation apart. */
  gateway: string,
  service: string,
  /** CloudWatch namespace of the metrics. */
  namespace: string,
  /** `/api/users`: no trailing slash. */
  prefix: string,
  /** `http://host:port/base`, without a trailing slash, query or fragment. */
  upstream: string,
  /** Until the last byte of the upstream's answer. */
  timeoutMs: integer,
  stripPrefix: boolean,
  /** Whether the proxy function forwards the credential itself, in the header in which it came. */
  forwardAuthorization: boolean,
  /** The headers that say who calls. */
  identityHeaders,
  /** Untrusted headers of clients that the proxy function forwards all the same, in lower case. */
  keepHeaders: array(string),
  /** How many refused credentials one address may present; null: any number. */
  badCredentials: nullable(limitPolicy),
  /** Null: no circuit. */
  circuit: nullable(circuitPolicy),
  /** Null: no request is sent again. */
  retry: nullable(retryPolicy),
  /** Limits that count the requests of all services together. */
  gatewayLimits: array(limitPolicy),
  /** Whether responses have header fields that state the client's limits. */
  rateLimitHeaders: boolean,
  /** How long a decision may wait for the cache. */
  cacheTimeoutMs: integer,
  /** For `ANY {prefix}` and `ANY {prefix}/{proxy+}`. */
  default: routePolicy,
  /** By route key, `POST /api/payments/refunds`. */
  routes: record(routePolicy),
});
export type ServicePolicy = Decoded<typeof servicePolicy>;

/** A healthy cache answers in about a millisecond, and a request must not wait for a sick one. */
export const DEFAULT_CACHE_TIMEOUT_MS = 50;

/** Defaults of a service's props. */
export const SERVICE_DEFAULTS = {
  timeoutMs: 5000,
  stripPrefix: true,
  forwardAuthorization: false,
  keepHeaders: [],
  retry: null,
} as const satisfies Partial<ServicePolicy>;
