import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { Decision } from '../../core/limits/decision.ts';
import { kindOf, sizeOf } from '../../core/limits/kinds/kind-table.ts';
import type { Count } from '../../core/limits/kinds/limit-kind.ts';
import {
  type CountedLimit,
  countName,
  type Limiter,
  type LimitRequest,
  type LimitResult,
  REVOKED,
} from '../../core/limits/limiter.ts';
import { recall } from '../recall.ts';
import type { OperatorRules } from './rule-cache.ts';

export interface MemoryLimiterOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** True: this instance is one of many and lets pass each limit's `localShare` only. */
  readonly shared: boolean;
  readonly rules: OperatorRules;
}

/** Counts in this process alone, by the operators' rules that it knows: the fallback of a function without Redis. */
export class MemoryLimiter implements Limiter {
  readonly #clock: () => number;
  readonly #shared: boolean;
  readonly #rules: OperatorRules;
  readonly #counts = new Map<string, Count>();

  constructor({ clock, shared, rules }: MemoryLimiterOptions) {
    this.#clock = clock;
    this.#shared = shared;
    this.#rules = rules;
  }

  async decide(request: LimitRequest): Promise<LimitResult> {
    const { cost, lease, identity } = request;
    if (await this.#rules.isRevoked(identity)) return REVOKED;
    const nowMs = this.#clock();
    const assessed = request.limits.map((limit) => {
      const kind = kindOf(limit.policy);
      const override = this.#rules.overrideFor(identity, limit.policy);
      const policy = override === undefined ? limit.policy : kind.overridden(limit.policy, override);
      const own = this.#shared ? shareOf(policy) : policy;
      const size = kind.size(own);
      const count = recall(this.#counts, keyOf(limit), () => kind.count(own));
      const units = unitsOf(cost, size, policy);
      const decision: Decision = {
        policy,
        limit: size,
        counted: this.#shared ? 'alone' : 'together',
        ...count.assess(nowMs, units, size, kind.parameter(own)),
      };
      return { count, units, decision };
    });
    const decisions = assessed.map(({ decision }) => decision);
    if (decisions.some(({ allowed, policy }) => !allowed && !policy.shadow)) return { outcome: 'refused', decisions };
    for (const { count, units, decision } of assessed) if (decision.allowed) count.charge(nowMs, units, lease);
    return { outcome: 'allowed', decisions };
  }

  async release({ limits, lease }: LimitRequest): Promise<void> {
    for (const limit of limits) this.#counts.get(keyOf(limit))?.release?.(lease);
  }

  settled(): Promise<void> | undefined {
    return this.#rules.settled();
  }
}

/** Rounded down, so that several instances do not let pass more than their shares; never less than one. */
function shareOf(policy: LimitPolicy): LimitPolicy {
  const kind = kindOf(policy);
  return kind.shared(policy, Math.max(1, Math.floor(kind.size(policy) * policy.localShare)));
}

/** A request that is larger than the share, but not than the limit, takes the whole share: else it could never pass. */
function unitsOf(cost: number, share: number, policy: LimitPolicy): number {
  return cost > sizeOf(policy) ? cost : Math.min(cost, share);
}

/** As in Redis, without the limit's numbers: a limit that is changed keeps what was counted. See `requestKeys`. */
function keyOf(limit: CountedLimit): string {
  return `${countName(limit)}\n${limit.subject}`;
}
