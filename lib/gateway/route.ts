import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { InvalidPropError } from '../invalid-prop.ts';
import { AUTH, type Auth } from './auth/auth.ts';
import { RATE_LIMIT, type RateLimits } from './limits/rate-limit.ts';
import { checkKind, NUMBER, optional, type PropKinds, text } from './props/check-props.ts';
import { overlap } from './props/prefix.ts';

/** Policies of one route that differ from its service's. */
export interface RouteProps {
  /** @default - as the service has it */
  readonly auth?: Auth;
  /**
   * One limit or several, counted for this route alone. A limit per client replaces the service's limit per client;
   * likewise per IP address, per tenant, and concurrency by the same. Other limits of the service hold as well, as totals
   * do. A limit in shadow mode replaces none. `RateLimit.none()` drops all limits of the service. The gateway's always hold.
   *
   * @default - as the service has it
   */
  readonly rateLimit?: RateLimits;
  /**
   * Units that one request counts for in windows and token buckets, up to 1,000.
   *
   * @default - as the service has it
   */
  readonly cost?: number;
}

export const ROUTE_PROPS = {
  auth: optional(AUTH),
  rateLimit: optional(RATE_LIMIT),
  cost: optional(NUMBER),
} satisfies PropKinds<RouteProps>;

/** A route's method and its path on the gateway. */
export interface RouteKey {
  readonly method: HttpMethod;
  /** `/api/payments/refunds` */
  readonly path: string;
}

const METHODS: readonly string[] = Object.values(HttpMethod);
const LITERAL = /^[A-Za-z0-9._~-]+$/;
const PARAMETER = /^\{[A-Za-z0-9_]+\}$/;
const GREEDY = /^\{[A-Za-z0-9_]+\+\}$/;

/** `POST /api/payments/refunds`, the key that API Gateway matches requests by. */
export function routeKeyText({ method, path }: RouteKey): string {
  return `${method} ${path}`;
}

/** Equal for keys that match the same requests: names of parameters do not count. */
export function routeKeyShape({ method, path }: RouteKey): string {
  return `${method} ${path.replace(/\{[^}+]+(\+?)\}/g, '{$1}')}`;
}

/** Reads `POST /refunds`, whose path is relative to the service's prefix. */
export function parseRouteKey(key: string, prefix: string, otherPrefixes: readonly string[]): RouteKey {
  checkKind('a route', key, text('POST /refunds'));
  const got = `got ${JSON.stringify(key)}`;
  const [method, path, ...rest] = key.split(' ');
  if (!method || !path || rest.length > 0) {
    throw new InvalidPropError(`a route must be a method, one space and a path, ${got}: write 'POST /refunds'`);
  }
  if (!METHODS.includes(method)) {
    const known = METHODS.find((candidate) => candidate === method.toUpperCase()) ?? 'GET';
    throw new InvalidPropError(
      `a route's method must be one of ${METHODS.join(', ')}, ${got}: write '${known} ${path}'`,
    );
  }
  if (!path.startsWith('/')) {
    throw new InvalidPropError(`a route's path must start with a slash, ${got}: write '${method} /${path}'`);
  }
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new InvalidPropError(
      `a route must lie under its service's prefix ${prefix}, ${got}: add it to the service that it belongs to`,
    );
  }
  if (overlap(path, prefix) && path !== '/') {
    const relative = path.slice(prefix.length) || '/';
    throw new InvalidPropError(
      `a route's path is relative to its service's prefix ${prefix}, ${got}: write '${method} ${relative}'`,
    );
  }
  const other = otherPrefixes.find((candidate) => path === candidate || path.startsWith(`${candidate}/`));
  if (other !== undefined) {
    throw new InvalidPropError(
      `a route must lie under its service's prefix ${prefix}, ${got}: add it to the service at ${other}`,
    );
  }
  if (path === '/') return { method: method as HttpMethod, path: prefix };

  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const greedyAtEnd = index === segments.length - 1 && GREEDY.test(segment);
    if (!LITERAL.test(segment) && !PARAMETER.test(segment) && !greedyAtEnd) {
      throw new InvalidPropError(
        `a route's path must be segments of letters, digits and . _ ~ - or parameters like {id}, with {name+} at the end only, ${got}: ${JSON.stringify(segment)} is none`,
      );
    }
  }
  return { method: method as HttpMethod, path: prefix + path };
}
