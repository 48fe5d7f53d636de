import { ANY_JWT } from '../../lambdas/contract/auth/auth-policy.ts';
import { DEFAULT_IDENTITY_HEADERS } from '../../lambdas/contract/auth/identity-headers.ts';
import { CIRCUIT_DEFAULTS, type CircuitPolicy } from '../../lambdas/contract/circuit/circuit-policy.ts';
import {
  type BucketLimit,
  type ConcurrencyLimit,
  DEFAULT_LOCAL_SHARE,
  type WindowLimit,
} from '../../lambdas/contract/limits/limit-policy.ts';
import { DEFAULT_CACHE_TIMEOUT_MS, SERVICE_DEFAULTS, type ServicePolicy } from '../../lambdas/contract/policy.ts';

/** A service as the defaults make it; tests change what they are about. */
export function servicePolicy(changes: Partial<ServicePolicy> = {}): ServicePolicy {
  return {
    ...SERVICE_DEFAULTS,
    gateway: 'test',
    service: 'users',
    namespace: 'Tollgate',
    prefix: '/api/users',
    upstream: 'http://127.0.0.1:1',
    timeoutMs: 2000,
    identityHeaders: DEFAULT_IDENTITY_HEADERS,
    badCredentials: null,
    circuit: circuitPolicy(),
    gatewayLimits: [],
    rateLimitHeaders: true,
    cacheTimeoutMs: DEFAULT_CACHE_TIMEOUT_MS,
    default: { auth: ANY_JWT, limits: [windowLimit(100, 60_000)], cost: 1 },
    routes: {},
    ...changes,
  };
}

/** A circuit as the defaults make it. */
export function circuitPolicy(changes: Partial<CircuitPolicy> = {}): CircuitPolicy {
  return { ...CIRCUIT_DEFAULTS, ...changes };
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
