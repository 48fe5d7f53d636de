import type { LimitPolicy } from '../../lambdas/contract/limits/limit-policy.ts';
import type { Identity, LimitRequest } from '../../lambdas/core/limits/limiter.ts';

let leases = 0;

/** A request of one client that meets these limits, as `subject` if they count by client. */
export function limitRequest(
  limits: readonly LimitPolicy[],
  changes: Partial<Omit<LimitRequest, 'limits' | 'identity'>> & { readonly identity?: Partial<Identity> } = {},
): LimitRequest {
  leases += 1;
  const { cost = 1, lease = `request-${leases}` } = changes;
  const identity = { client: 'sub:alice', tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1', ...changes.identity };
  return {
    limits: limits.map((policy) => ({ policy, scope: 'users', subject: policy.by === 'total' ? '' : identity.client })),
    identity,
    cost,
    lease,
  };
}
