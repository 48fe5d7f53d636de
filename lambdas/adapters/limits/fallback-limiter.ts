import type { Decision } from '../../core/limits/decision.ts';
import { sizeOf } from '../../core/limits/kinds/kind-table.ts';
import {
  type CountedLimit,
  type Limiter,
  type LimitRequest,
  type LimitResult,
  REVOKED,
} from '../../core/limits/limiter.ts';
import type { StoreFallback } from '../redis/store-fallback.ts';
import { RULES_FRESH_MS } from './decide-script.ts';
import type { OperatorRules } from './rule-cache.ts';

export interface FallbackLimiterOptions {
  readonly shared: Limiter;
  /** Counts in this instance alone, and knows the operators' rules without the shared store. */
  readonly local: Limiter;
  readonly fallback: StoreFallback;
  readonly rules: Pick<OperatorRules, 'isRevoked'>;
}

/**
 * Counts in the shared store while it answers. While it does not, each limit does what its `onStoreFailure` says. It always
 * gives a result.
 */
export class FallbackLimiter implements Limiter {
  readonly #options: FallbackLimiterOptions;

  constructor(options: FallbackLimiterOptions) {
    this.#options = options;
  }

  decide(request: LimitRequest): Promise<LimitResult> {
    return this.#options.fallback.ask(
      () => this.#decideTogether(request),
      () => this.#decideAlone(request),
    );
  }

  /** The store may have been lost or found since the lease was taken; one in a lost store ends by itself. */
  async release(request: LimitRequest): Promise<void> {
    const { local, shared, fallback } = this.#options;
    await local.release(request);
    await fallback.ask(
      () => shared.release(request),
      async () => undefined,
    );
  }

  settled(): Promise<void> | undefined {
    return this.#options.shared.settled();
  }

  async #decideTogether(request: LimitRequest): Promise<LimitResult> {
    const { shared, fallback, rules } = this.#options;
    const result = await shared.decide(request);
    // After an outage, the store does not know who was revoked meanwhile until its copies of the rules are made anew.
    if (fallback.sinceRecoveryMs > RULES_FRESH_MS || !(await rules.isRevoked(request.identity))) return result;
    if (result.outcome === 'allowed') await shared.release(request);
    return REVOKED;
  }

  async #decideAlone(request: LimitRequest): Promise<LimitResult> {
    const { limits } = request;
    const closed = limits.some(({ policy }) => policy.onStoreFailure === 'closed' && !policy.shadow);
    const result = await this.#options.local.decide({ ...request, limits: closed ? [] : limits.filter(isLocal) });
    if (result.outcome === 'revoked') return result;
    if (closed) return { outcome: 'unavailable', decisions: limits.map(uncounted) };
    const counted = result.decisions[Symbol.iterator]();
    return {
      outcome: result.outcome,
      decisions: limits.map((limit) => (isLocal(limit) ? (counted.next().value as Decision) : uncounted(limit))),
    };
  }
}

function isLocal({ policy }: CountedLimit): boolean {
  return policy.onStoreFailure === 'local';
}

/** The decision of a limit that is not counted. */
function uncounted({ policy }: CountedLimit): Decision {
  const limit = sizeOf(policy);
  return { policy, allowed: policy.onStoreFailure !== 'closed', limit, remaining: limit, resetMs: 0, counted: 'not' };
}
