import type { Duration } from 'aws-cdk-lib';
import { AUTH, type Auth } from './auth/auth.ts';
import { CIRCUIT_BREAKER, type CircuitBreaker } from './circuit/circuit-breaker.ts';
import { RETRY_PROPS, type RetryProps } from './circuit/retries.ts';
import { KEEP_HEADERS } from './edge/keep-headers.ts';
import { RATE_LIMIT, type RateLimits } from './limits/rate-limit.ts';
import { BOOLEAN, DURATION, NUMBER, optional, type PropKinds, required, text } from './props/check-props.ts';

export interface ServiceProps extends RetryProps {
  /** Path that the service's requests begin with: `/api/users`. */
  readonly prefix: string;
  /** Base URL of the upstream: `http://user-service:3001`. A base path is kept. May be a CDK token. */
  readonly upstream: string;
  /**
   * Until the last byte of the upstream's answer, 50 ms to 29 s. After it the client gets 504.
   *
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /** @default Auth.jwt() */
  readonly auth?: Auth;
  /**
   * One limit or several. A request must pass all of them, or it gets 429. They count the requests of all routes together;
   * see `RouteProps.rateLimit` for what a route's own limits change.
   *
   * @default RateLimit.perClient(100, Duration.minutes(1))
   */
  readonly rateLimit?: RateLimits;
  /**
   * Units that one request counts for in windows and token buckets, up to 1,000.
   *
   * @default 1
   */
  readonly cost?: number;
  /** @default CircuitBreaker.of() - opens for 30 s at 50 % failures of at least 5 requests in 10 s */
  readonly circuitBreaker?: CircuitBreaker;
  /**
   * Whether the upstream sees `/42` for `/api/users/42`.
   *
   * @default true
   */
  readonly stripPrefix?: boolean;
  /**
   * Whether the upstream gets the client's credential, in the header that the client used.
   *
   * @default false
   */
  readonly forwardAuthorization?: boolean;
  /**
   * Headers of clients that the gateway forwards although servers trust them, by their whole names:
   * `['CF-Connecting-IP']`. Name one only if a proxy in front of the gateway sets it, and no client can reach the gateway
   * without that proxy. docs/props.md lists the headers that the gateway otherwise removes.
   *
   * @default - none of that list
   */
  readonly keepHeaders?: readonly string[];
  /**
   * Memory of the proxy function, MB. Lambda gives CPU in proportion.
   *
   * @default 256
   */
  readonly memorySize?: number;
  /**
   * Requests that may be under way at once; the edge answers further ones 503. It is reserved from the account's
   * concurrency, so a slow upstream cannot use what other services need.
   *
   * @default - no bound of its own
   */
  readonly maxConcurrency?: number;
}

export const SERVICE_PROPS = {
  prefix: required(text('/api/users')),
  upstream: required(text('http://user-service:3001')),
  timeout: optional(DURATION),
  auth: optional(AUTH),
  rateLimit: optional(RATE_LIMIT),
  cost: optional(NUMBER),
  circuitBreaker: optional(CIRCUIT_BREAKER),
  ...RETRY_PROPS,
  stripPrefix: optional(BOOLEAN),
  forwardAuthorization: optional(BOOLEAN),
  keepHeaders: optional(KEEP_HEADERS),
  memorySize: optional(NUMBER),
  maxConcurrency: optional(NUMBER),
} satisfies PropKinds<ServiceProps>;
