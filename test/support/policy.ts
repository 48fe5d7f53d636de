import { ANY_JWT } from '../../lambdas/contract/auth/auth-policy.ts';
import { DEFAULT_IDENTITY_HEADERS } from '../../lambdas/contract/auth/identity-headers.ts';
import { type CircuitPolicy, DEFAULT_TIMING } from '../../lambdas/contract/circuit/circuit-policy.ts';
import {
  type BucketLimit,
  type ConcurrencyLimit,
  DEFAULT_LOCAL_SHARE,
  type WindowLimit,
} from '../../lambdas/contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../lambdas/contract/policy.ts';

/** A service as the defaults make it; tests change what they are about. */
export function servicePolicy(changes: Partial<ServicePolicy> = {}): ServicePolicy {
  return {
    gateway: 'test',
    service: 'users',
    namespace: 'Tollgate',
    prefix: '/api/users',
    upstream: 'http://127.0.0.1:1',
    timeoutMs: 2000,
    stripPrefix: true,
    forwardAuthorization: false,
    identityHeaders: DEFAULT_IDENTITY_HEADERS,
    keepHeaders: [],
    badCredentials: null,
    circuit: circuitPolicy(),
    retry: null,
    gatewayLimits: [],
    rateLimitHeaders: true,
    cacheTimeoutMs: 50,
    default: { auth: ANY_JWT, limits: [windowLimit(100, 60_000)], cost: 1 },
    routes: {},
    ...changes,
  };
}

/** A circuit as the defaults make it. */
export function circuitPolicy(changes: Partial<CircuitPolicy> = {}): CircuitPolicy {
  return {
    ...DEFAULT_TIMING,
    failureShare: 0.5,
    minRequests: 5,
    windowMs: 10_000,
    openForMs: 30_000,
    outcomes: true,
    slow: null,
    failureStatuses: null,
    failOnTimeout: true,
    failOnReset: true,
    healthCheck: null,
    shadow: false,
    fallback: null,
    ...changes,
  };
}

const BASE = { by: 'client', shadow: false, onStoreFailure: 'local', localShare: DEFAULT_LOCAL_SHARE } as const;

export function windowLimit(limit: number, windowMs: number, changes: Partial<WindowLimit> = {}): WindowLimit {
  return { ...BASE, kind: 'window', name: 'client', limit, windowMs, plans: {}, ...changes };
}

export function bucketLimit(ratePerS: number, burst: number, changes: Partial<BucketLimit> = {}): BucketLimit {
  return { ...BASE, kind: 'bucket', name: 'client-bucket', ratePerS, burst, ...changes };
}

export function concurrencyLimit(limit: number, changes: Partial<ConcurrencyLimit> = {}): ConcurrencyLimit {
  return { ...BASE, kind: 'concurrency', name: 'client-concurrency', limit, leaseMs: 10_000, ...changes };
}
