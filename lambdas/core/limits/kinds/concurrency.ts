import type { Assessment } from './sliding-window.ts';

/** A refused request is told to come again after this: nobody knows when a lease is given back. */
const RETRY_MS = 1000;

/** Requests under way at once, each by a lease that ends by itself. */
export class Leases {
  readonly #leaseMs: number;
  readonly #endsAtMs = new Map<string, number>();

  constructor({ leaseMs }: { readonly leaseMs: number }) {
    this.#leaseMs = leaseMs;
  }

  /** @param limit the one that holds now: an operator may change it while requests are under way */
  assess(nowMs: number, _cost: number, limit: number): Assessment {
    // One that ends later than a lease made now was made by a clock that stepped back since.
    const latestMs = nowMs + this.#leaseMs;
    let used = 0;
    for (const endsAtMs of this.#endsAtMs.values()) if (endsAtMs > nowMs && endsAtMs <= latestMs) used += 1;
    const allowed = used < limit;
    return { allowed, remaining: Math.max(0, limit - used - 1), resetMs: RETRY_MS };
  }

  /** A request takes one lease, whatever it costs. */
  charge(nowMs: number, _cost: number, lease: string): void {
    for (const [ended, endsAtMs] of this.#endsAtMs) if (endsAtMs <= nowMs) this.#endsAtMs.delete(ended);
    this.#endsAtMs.set(lease, nowMs + this.#leaseMs);
  }

  release(lease: string): void {
    this.#endsAtMs.delete(lease);
  }
}
