import type { ConcurrencyLimit, LimitPolicy } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { Assessment } from '../../../lambdas/core/limits/kinds/limit-kind.ts';
import { BucketOracle } from './bucket-oracle.ts';
import { WindowOracle } from './window-oracle.ts';

/** What one limit has counted, by the definition of its kind. Times are microseconds of the clock that decides. */
interface LimitOracle {
  assess(nowUs: number, cost: number, policy: LimitPolicy): Assessment;
  charge(nowUs: number, cost: number, policy: LimitPolicy, lease: string): void;
  /** Called when the limit refuses a request. */
  refuse(nowUs: number, policy: LimitPolicy): void;
}

/** What is expected of one request. */
export interface Expected {
  readonly outcome: 'allowed' | 'refused';
  readonly decisions: readonly Assessment[];
}

/** All limits of one subject: a request passes all of them, or is charged to none. */
export class RequestOracle {
  readonly #limits: readonly LimitOracle[];

  constructor(policies: readonly LimitPolicy[]) {
    this.#limits = policies.map(({ kind }) => new ORACLES[kind]() as LimitOracle);
  }

  /** @param policies as they are now, in the order in which they were at the start */
  decide(nowUs: number, cost: number, lease: string, policies: readonly LimitPolicy[]): Expected {
    const limits = this.#limits.map((limit, index) => ({ limit, policy: policies[index] as LimitPolicy }));
    const assessed = limits.map(({ limit, policy }) => ({ limit, policy, ...limit.assess(nowUs, cost, policy) }));
    for (const { limit, policy, allowed } of assessed) if (!allowed) limit.refuse(nowUs, policy);
    const refused = assessed.some(({ allowed, policy }) => !allowed && !policy.shadow);
    for (const { limit, policy, allowed } of assessed) {
      if (allowed && !refused) limit.charge(nowUs, cost, policy, lease);
    }
    return {
      outcome: refused ? 'refused' : 'allowed',
      decisions: assessed.map(({ allowed, remaining, resetMs }) => ({ allowed, remaining, resetMs })),
    };
  }
}

/** Requests under way, each until it ends or its lease does. */
class ConcurrencyOracle {
  readonly #leases = new Map<string, number>();

  assess(nowUs: number, _cost: number, { limit, leaseMs }: ConcurrencyLimit): Assessment {
    const nowMs = Math.floor(nowUs / 1000);
    // No lease ends later than one that is made now, unless a clock made it that has stepped back since.
    const used = [...this.#leases.values()].filter(
      (endsAtMs) => endsAtMs > nowMs && endsAtMs <= nowMs + leaseMs,
    ).length;
    return { allowed: used < limit, remaining: Math.max(0, limit - used - 1), resetMs: 1000 };
  }

  charge(nowUs: number, _cost: number, { leaseMs }: ConcurrencyLimit, lease: string): void {
    const nowMs = Math.floor(nowUs / 1000);
    for (const [ended, endsAtMs] of this.#leases) if (endsAtMs <= nowMs) this.#leases.delete(ended);
    this.#leases.set(lease, nowMs + leaseMs);
  }

  refuse(): void {}
}

const ORACLES = { window: WindowOracle, bucket: BucketOracle, concurrency: ConcurrencyOracle } as const;
