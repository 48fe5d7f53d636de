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
    circuit: { failureShare: 0.5, minRequests: 5, windowMs: 10_000, openForMs: 30_000, outcomes: true },
    default: { auth: { type: 'jwt', scopes: [] }, rateLimit: { limit: 100, windowMs: 60_000 } },
    routes: {},
    ...changes,
  };
}
