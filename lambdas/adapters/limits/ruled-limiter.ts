import { LIMIT_BOUNDS } from '../../contract/limits/limit-bounds.ts';
import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../contract/limits/operator-rule.ts';
import type { OutcomeCounts, OutcomeReport } from '../../core/circuit/outcome.ts';
import type { CountedLimit, LimitRequest, Ruling } from '../../core/limits/limiter.ts';
import type { Counters } from './counters.ts';
import type { OperatorRules } from './operator-rules.ts';

/** Counters that know no rules, together with the rules of operators: what the script in Redis does in one. */
export class RuledCounters implements Counters {
  readonly #counters: Counters;
  readonly #rules: OperatorRules;

  constructor(counters: Counters, rules: OperatorRules) {
    this.#counters = counters;
    this.#rules = rules;
  }

  async decide(request: LimitRequest): Promise<Ruling> {
    if (await this.#rules.isRevoked(request.identity)) return { outcome: 'revoked', decisions: [] };
    return this.#counters.decide(this.#ruled(request));
  }

  release(request: LimitRequest): Promise<void> {
    return this.#counters.release(request);
  }

  settled(): Promise<void> | undefined {
    return this.#rules.settled();
  }

  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    return this.#counters.record(period, outcomes, windowMs);
  }

  endPeriod(period: string, version: number, windowMs: number): Promise<void> {
    return this.#counters.endPeriod(period, version, windowMs);
  }

  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    return this.#counters.takeRetry(period, budgetShare, windowMs);
  }

  #ruled(request: LimitRequest): LimitRequest {
    const { limits, identity } = request;
    const overrideOf = ({ policy }: CountedLimit) => this.#rules.overrideFor(identity, policy);
    return { ...request, limits: limits.map((limit) => overridden(limit, overrideOf(limit))) };
  }
}

function overridden(limit: CountedLimit, override: LimitOverride | undefined): CountedLimit {
  return override === undefined ? limit : { ...limit, policy: changed(limit.policy, override) };
}

/** An override is of a name, not of a kind: one for a window may be more than concurrency can have. */
function changed(policy: LimitPolicy, { limit, ratePerS }: LimitOverride): LimitPolicy {
  switch (policy.kind) {
    case 'window':
      return { ...policy, limit };
    case 'bucket':
      return { ...policy, burst: limit, ratePerS: ratePerS ?? policy.ratePerS };
    case 'concurrency':
      return { ...policy, limit: Math.min(limit, LIMIT_BOUNDS.concurrency.max) };
  }
}
