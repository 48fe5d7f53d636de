import { array, boolean, decodeJson, integer, member, nullable, number, object, record, string } from './decode.ts';

/** Who may call a route. `none` is written out by the user, never implied. */
export type AuthPolicy = { readonly type: 'none' } | { readonly type: 'jwt'; readonly scopes: readonly string[] };

/** At most `limit` requests of one client in any interval of `windowMs`. */
export interface RateLimitPolicy {
  readonly limit: number;
  readonly windowMs: number;
}

/** What a request must pass before it is forwarded; `rateLimit: null` counts nothing. */
export interface RoutePolicy {
  readonly auth: AuthPolicy;
  readonly rateLimit: RateLimitPolicy | null;
}

/** When a service's circuit opens and for how long. */
export interface CircuitPolicy {
  /** Share of failures, 0 < share <= 1, that opens the circuit. */
  readonly failureShare: number;
  /** Requests that the window must hold before the share counts. */
  readonly minRequests: number;
  readonly windowMs: number;
  readonly openForMs: number;
  /** False: only the alarm opens the circuit. */
  readonly outcomes: boolean;
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
  readonly forwardAuthorization: boolean;
  readonly circuit: CircuitPolicy | null;
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
  circuit: nullable(
    object({
      failureShare: number,
      minRequests: integer,
      windowMs: integer,
      openForMs: integer,
      outcomes: boolean,
    }),
  ),
  default: routePolicy,
  routes: record(routePolicy),
});
const rateLimitPolicy = object({ limit: integer, windowMs: integer });
const jwtAuth = object({ type: member(['jwt'] as const), scopes: array(string) });
const noAuth = object({ type: member(['none'] as const) });

function authPolicy(value: unknown, path: string): AuthPolicy {
  const { type } = object({ type: member(['none', 'jwt'] as const) })(value, path);
  return type === 'none' ? noAuth(value, path) : jwtAuth(value, path);
}

function routePolicy(value: unknown, path: string): RoutePolicy {
  return object({ auth: authPolicy, rateLimit: nullable(rateLimitPolicy) })(value, path);
}
