import { kindOf } from '../../core/limits/kinds/kind-table.ts';
import type { Limiter, LimitRequest, LimitResult } from '../../core/limits/limiter.ts';
import { REVOKED } from '../../core/limits/limiter.ts';
import type { OperatorRules } from './rule-cache.ts';

/** Applies the operators' rules to a limiter that does not know them. The script in Redis does both in one. */
export class RuledLimiter implements Limiter {
  readonly #limiter: Limiter;
  readonly #rules: OperatorRules;

  constructor(limiter: Limiter, rules: OperatorRules) {
    this.#limiter = limiter;
    this.#rules = rules;
  }

  async decide(request: LimitRequest): Promise<LimitResult> {
    if (await this.#rules.isRevoked(request.identity)) return REVOKED;
    return this.#limiter.decide(this.#overridden(request));
  }

  release(request: LimitRequest): Promise<void> {
    return this.#limiter.release(request);
  }

  settled(): Promise<void> | undefined {
    return this.#rules.settled();
  }

  #overridden(request: LimitRequest): LimitRequest {
    const limits = request.limits.map((limit) => {
      const { policy } = limit;
      const override = this.#rules.overrideFor(request.identity, policy);
      return override === undefined ? limit : { ...limit, policy: kindOf(policy).overridden(policy, override) };
    });
    return { ...request, limits };
  }
}
