import type { Decision } from '../../core/limits/decision.ts';
import { sizeOf } from '../../core/limits/kinds/kind-table.ts';
import {
  type CountedLimit,
  type Limiter,
  type LimitRequest,
  type LimitResult,
  REVOKED,
} from '../../core/limits/limiter.ts';
import type { StoreBreaker } from '../redis/store-breaker.ts';
import { RULES_FRESH_MS } from './decide-script.ts';
import type { OperatorRules } from './rule-cache.ts';

export interface FallbackLimiterOptions {
  readonly shared: Limiter;
  /** Counts in this instance alone, and knows the operators' rules without the shared store. */
  readonly local: Limiter;
  readonly breaker: StoreBreaker;
  readonly rules: Pick<OperatorRules, 'isRevoked'>;
}

/**
 * Counts in the shared store while it answers. While it does not, each limit does what its `onStoreFailure` says. It always
 * gives a result.
 */
export function fallbackLimiter({ shared, local, breaker, rules }: FallbackLimiterOptions): Limiter {
  async function decideTogether(request: LimitRequest): Promise<LimitResult> {
    const result = await shared.decide(request);
    // After an outage, the store does not know who was revoked meanwhile until its copies of the rules are made again.
    if (breaker.sinceRecoveryMs > RULES_FRESH_MS || !(await rules.isRevoked(request.identity))) return result;
    if (result.outcome === 'allowed') await shared.release(request);
    return REVOKED;
  }

  async function decideAlone(request: LimitRequest): Promise<LimitResult> {
    const { limits } = request;
    const closed = limits.some(({ policy }) => policy.onStoreFailure === 'closed' && !policy.shadow);
    const result = await local.decide({ ...request, limits: closed ? [] : limits.filter(isLocal) });
    if (result.outcome === 'revoked') return result;
    if (closed) return { outcome: 'unavailable', decisions: limits.map(uncounted) };
    const counted = result.decisions[Symbol.iterator]();
    return {
      outcome: result.outcome,
      decisions: limits.map((limit) => (isLocal(limit) ? (counted.next().value as Decision) : uncounted(limit))),
    };
  }

  /** The store may have been lost or found since the lease was taken; one in a lost store ends by itself. */
  async function release(request: LimitRequest): Promise<void> {
    await local.release(request);
    await breaker.ask(
      () => shared.release(request),
      async () => undefined,
    );
  }

  return {
    decide: (request) =>
      breaker.ask(
        () => decideTogether(request),
        () => decideAlone(request),
      ),
    release,
    settled: () => shared.settled(),
  };
}

function isLocal({ policy }: CountedLimit): boolean {
  return policy.onStoreFailure === 'local';
}

/** The decision of a limit that is not counted. */
function uncounted({ policy }: CountedLimit): Decision {
  const limit = sizeOf(policy);
  return { policy, allowed: policy.onStoreFailure !== 'closed', limit, remaining: limit, resetMs: 0, counted: 'not' };
}
