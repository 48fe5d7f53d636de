import { LIMIT_BOUNDS } from '../../../contract/limits/limit-bounds.ts';
import type { ConcurrencyLimit } from '../../../contract/limits/limit-policy.ts';
import type { Assessment, LimitKind } from './limit-kind.ts';

/** A refused request may come again after this time: it is not known when a lease is given back. */
const RETRY_MS = 1000;
const { max } = LIMIT_BOUNDS.concurrency;

/** The same as `Leases`. The key holds a sorted set of leases, by the time at which they end. */
const SCRIPT = `
local function takeLease(key, leaseMs)
  -- In this order: after a removal, Redis no longer looks whether it has memory left for what a script writes.
  call('ZADD', key, now + leaseMs, ARGV[2])
  call('ZREMRANGEBYSCORE', key, '-inf', now)
  call('PEXPIRE', key, leaseMs)
end

local function concurrency(key, limit, leaseMs)
  -- A lease that ends later than a new one was made before the clock stepped back.
  local used = call('ZCOUNT', key, '(' .. now, now + leaseMs)
  if used >= limit then return false, 0, ${RETRY_MS} end
  return true, limit - used - 1, ${RETRY_MS}, takeLease, leaseMs
end
`;

export const concurrency: LimitKind<ConcurrencyLimit> = {
  size: ({ limit }) => limit,
  parameter: ({ leaseMs }) => leaseMs,
  overridden: (policy, { limit }) => ({ ...policy, limit: Math.min(limit, max) }),
  shared: (policy, limit) => ({ ...policy, limit }),
  count: (policy) => new Leases(policy),
  script: { functions: SCRIPT, decide: 'concurrency', override: `limit = math.min(limit, ${max})` },
  quota: () => ({ unit: 'concurrent-requests' }),
  problem: 'too_many_concurrent',
  refused: ({ policy, limit }) => `the limit ${policy.name} of ${limit} requests at once is reached`,
};

/** Requests under way at once, each by a lease that ends by itself. */
export class Leases {
  readonly #leaseMs: number;
  readonly #endsAtMs = new Map<string, number>();

  constructor({ leaseMs }: { readonly leaseMs: number }) {
    this.#leaseMs = leaseMs;
  }

  /** @param limit the one that applies now: an operator may change it while requests are under way */
  assess(nowMs: number, _cost: number, limit: number): Assessment {
    // A lease that ends later than a new one was made before the clock stepped back.
    const latestMs = nowMs + this.#leaseMs;
    let used = 0;
    for (const endsAtMs of this.#endsAtMs.values()) if (endsAtMs > nowMs && endsAtMs <= latestMs) used += 1;
    const allowed = used < limit;
    return { allowed, remaining: Math.max(0, limit - used - 1), resetMs: RETRY_MS };
  }

  /** A request of any cost takes one lease. */
  charge(nowMs: number, _cost: number, lease: string): void {
    for (const [ended, endsAtMs] of this.#endsAtMs) if (endsAtMs <= nowMs) this.#endsAtMs.delete(ended);
    this.#endsAtMs.set(lease, nowMs + this.#leaseMs);
  }

  release(lease: string): void {
    this.#endsAtMs.delete(lease);
  }
}
