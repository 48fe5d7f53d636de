import { type LimitPolicy, sizeOf } from '../../contract/limits/limit-policy.ts';
import { NO_OUTCOMES, type OutcomeCounts, type OutcomeReport } from '../../core/circuit/outcome.ts';
import { OutcomeWindow } from '../../core/circuit/outcome-window.ts';
import { allowsRetry } from '../../core/circuit/retry-budget.ts';
import { Leases } from '../../core/limits/concurrency-leases.ts';
import type { Decision } from '../../core/limits/decision.ts';
import type { CountedLimit, LimitRequest, Ruling } from '../../core/limits/limiter.ts';
import { type Assessment, SlidingWindow } from '../../core/limits/sliding-window.ts';
import { TokenBucket } from '../../core/limits/token-bucket.ts';
import type { Counters } from './counters.ts';

/** Counts that are remembered; beyond that the one unused for longest is forgotten. */
const MAX_COUNTS = 10_000;

/**
 * One limit's count of one subject. It is told the limit's numbers each time: requests of one subject may have different
 * ones, by their token's plan or an operator's word.
 */
interface Count {
  assess(clockMs: number, cost: number, size: number, ratePerS: number): Assessment;
  charge(clockMs: number, cost: number, lease: string): void;
}

export interface MemoryCountersOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** True: this instance is one of many and lets pass each limit's `localShare` only. */
  readonly shared: boolean;
}

/** Counts in this process alone: what a function falls back to without Redis. The rules of operators it does not know. */
export class MemoryCounters implements Counters {
  readonly #clock: () => number;
  readonly #shared: boolean;
  readonly #counts = new Map<string, Count>();
  readonly #outcomes = new Map<string, OutcomeWindow>();
  /** Further attempts, as many as their window's total. */
  readonly #retries = new Map<string, OutcomeWindow>();

  constructor({ clock, shared }: MemoryCountersOptions) {
    this.#clock = clock;
    this.#shared = shared;
  }

  async decide(request: LimitRequest): Promise<Ruling> {
    const { cost, lease } = request;
    const nowMs = this.#clock();
    const assessed = request.limits.map((limit) => {
      const own = this.#ownPart(limit.policy);
      const count = recall(this.#counts, keyOf(limit), () => countOf(own));
      const units = unitsOf(cost, own, limit.policy);
      const decision: Decision = {
        policy: limit.policy,
        limit: sizeOf(own),
        counted: this.#shared ? 'alone' : 'together',
        ...count.assess(nowMs, units, sizeOf(own), own.kind === 'bucket' ? own.ratePerS : 0),
      };
      return { count, units, decision };
    });
    const decisions = assessed.map(({ decision }) => decision);
    if (decisions.some(({ allowed, policy }) => !allowed && !policy.shadow)) return { outcome: 'refused', decisions };
    for (const { count, units, decision } of assessed) if (decision.allowed) count.charge(nowMs, units, lease);
    return { outcome: 'allowed', decisions };
  }

  async release({ limits, lease }: LimitRequest): Promise<void> {
    for (const limit of limits) {
      const count = this.#counts.get(keyOf(limit));
      if (count instanceof Leases) count.release(lease);
    }
  }

  settled(): undefined {}

  /** Nobody else records here: who moved the circuit knows it, and what is held back comes along. */
  async record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    return { ...this.#outcomesOf(period, windowMs).record(outcomes, this.#clock()), endedBy: 0, isSteady: true };
  }

  async endPeriod(): Promise<void> {}

  async takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    const nowMs = this.#clock();
    const { total } = this.#outcomesOf(period, windowMs).record(NO_OUTCOMES, nowMs);
    const retries = recall(this.#retries, period, () => new OutcomeWindow(windowMs));
    if (!allowsRetry(retries.record(NO_OUTCOMES, nowMs).total, total, budgetShare)) return false;
    retries.record({ ...NO_OUTCOMES, total: 1 }, nowMs);
    return true;
  }

  #outcomesOf(period: string, windowMs: number): OutcomeWindow {
    return recall(this.#outcomes, period, () => new OutcomeWindow(windowMs));
  }

  #ownPart(policy: LimitPolicy): LimitPolicy {
    return this.#shared ? shareOf(policy) : policy;
  }
}

/** Rounded down, so that several instances do not let pass more than their shares; never less than one. */
function shareOf(policy: LimitPolicy): LimitPolicy {
  const size = Math.max(1, Math.floor(sizeOf(policy) * policy.localShare));
  return policy.kind === 'bucket'
    ? { ...policy, burst: size, ratePerS: policy.ratePerS * policy.localShare }
    : { ...policy, limit: size };
}

/** A request that is larger than the share, but not than the limit, takes the whole share: else it could never pass. */
function unitsOf(cost: number, own: LimitPolicy, policy: LimitPolicy): number {
  return cost > sizeOf(policy) ? cost : Math.min(cost, sizeOf(own));
}

function countOf(policy: LimitPolicy): Count {
  switch (policy.kind) {
    case 'window':
      return new SlidingWindow(policy);
    case 'bucket':
      return new TokenBucket(policy);
    case 'concurrency':
      return new Leases(policy);
  }
}

/** As in Redis, without the limit's numbers: who changes them keeps what was counted. See `requestKeys`. */
function keyOf({ policy, scope, subject }: CountedLimit): string {
  const windowMs = policy.kind === 'window' ? policy.windowMs : '';
  return `${policy.kind}\n${policy.name}\n${scope}\n${windowMs}\n${subject}`;
}

/** The map's value for `key`, made if missing, and moved to the end: a Map's order is its order of use. */
function recall<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_COUNTS) map.delete(map.keys().next().value as string);
  return value;
}
