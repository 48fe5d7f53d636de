import { type LimitPolicy, sizeOf } from '../contract/policy.ts';
import type { CountedLimit, Counters, LimitRequest, Ruling } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import { Leases } from '../core/leases.ts';
import type { OutcomeCounts } from '../core/outcome.ts';
import { OutcomeWindow } from '../core/outcome-window.ts';
import { type Assessment, SlidingWindow } from '../core/sliding-window.ts';
import { TokenBucket } from '../core/token-bucket.ts';

/** Counts that are remembered; beyond that the one unused for longest is forgotten. */
const MAX_COUNTS = 10_000;

/** One limit's count of one subject. Windows and buckets are made of their limit, leases are told it each time. */
interface Count {
  assess(clockMs: number, cost: number, limit: number): Assessment;
  charge(clockMs: number, cost: number, lease: string): void;
}

export interface MemoryCountersOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** True: this environment is one of many and lets pass each limit's `localShare` only. */
  readonly shared: boolean;
}

/** Counts in this process alone: what a function falls back to without Redis. The rules of operators it does not know. */
export class MemoryCounters implements Counters {
  readonly #clock: () => number;
  readonly #shared: boolean;
  readonly #counts = new Map<string, Count>();
  readonly #outcomes = new Map<string, OutcomeWindow>();

  constructor({ clock, shared }: MemoryCountersOptions) {
    this.#clock = clock;
    this.#shared = shared;
  }

  async decide(request: LimitRequest): Promise<Ruling> {
    const { cost, lease } = request;
    const nowMs = this.#clock();
    const assessed = request.limits.map((limit) => {
      const own = this.#ownPart(limit.policy);
      const count = recall(this.#counts, keyOf(limit, own), () => countOf(own));
      const units = unitsOf(cost, own, limit.policy);
      const decision: Decision = {
        policy: limit.policy,
        limit: sizeOf(own),
        counted: this.#shared ? 'alone' : 'together',
        ...count.assess(nowMs, units, sizeOf(own)),
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
      const count = this.#counts.get(keyOf(limit, limit.policy));
      if (count instanceof Leases) count.release(lease);
    }
  }

  settled(): undefined {}

  async record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts> {
    return recall(this.#outcomes, circuit, () => new OutcomeWindow(windowMs)).record(failed, this.#clock());
  }

  #ownPart(policy: LimitPolicy): LimitPolicy {
    return this.#shared ? shareOf(policy) : policy;
  }
}

/** Rounded down, so that several environments do not let pass more than their shares; never less than one. */
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

/** A limit of another size is counted anew, but for leases: they are given back whatever the limit is by then. */
function keyOf({ scope, subject }: CountedLimit, own: LimitPolicy): string {
  return `${own.kind}\n${own.name}\n${scope}\n${numbersOf(own)}\n${subject}`;
}

function numbersOf(policy: LimitPolicy): string {
  switch (policy.kind) {
    case 'window':
      return `${policy.limit}/${policy.windowMs}`;
    case 'bucket':
      return `${policy.burst}/${policy.ratePerS}`;
    case 'concurrency':
      return `${policy.leaseMs}`;
  }
}

/** The map's value for `key`, made if missing, and moved to the end: a Map's order is its order of use. */
function recall<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_COUNTS) map.delete(map.keys().next().value as string);
  return value;
}
