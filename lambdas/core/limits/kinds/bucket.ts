import type { Assessment } from './sliding-window.ts';

/**
 * A token bucket by the time at which it will be full again (GCRA: ITU-T I.371, virtual scheduling): `burst` units at
 * once, and `ratePerS` more each second. The decision script in Redis keeps the same.
 */
export class TokenBucket {
  #burst: number;
  #ratePerS: number;
  #fullAtUs = 0;

  constructor({ burst, ratePerS }: { readonly burst: number; readonly ratePerS: number }) {
    this.#burst = burst;
    this.#ratePerS = ratePerS;
  }

  /** @param burst and `ratePerS` hold for this request: an operator may have changed them */
  assess(clockMs: number, cost: number, burst = this.#burst, ratePerS = this.#ratePerS): Assessment {
    this.#burst = burst;
    this.#ratePerS = ratePerS;
    const aheadUs = this.#ahead(clockMs);
    const afterUs = aheadUs + cost * this.#unitUs;
    const allowed = afterUs <= this.#depthUs;
    return {
      allowed,
      remaining: Math.floor((this.#depthUs - (allowed ? afterUs : aheadUs)) / this.#unitUs),
      resetMs: Math.ceil((allowed ? afterUs : afterUs - this.#depthUs) / 1000),
    };
  }

  /** Charges the request that was assessed last, at the rate that it was assessed by. */
  charge(clockMs: number, cost: number): void {
    this.#fullAtUs = clockMs * 1000 + this.#ahead(clockMs) + cost * this.#unitUs;
  }

  /** Rounded up to whole microseconds, so that it is never faster than its rate. */
  get #unitUs(): number {
    return Math.ceil(1_000_000 / this.#ratePerS);
  }

  get #depthUs(): number {
    return this.#burst * this.#unitUs;
  }

  /** How far it is from being full. It cannot be emptier than empty, unless the clock stepped back. */
  #ahead(clockMs: number): number {
    const nowUs = clockMs * 1000;
    this.#fullAtUs = Math.min(this.#fullAtUs, nowUs + this.#depthUs);
    return Math.max(0, this.#fullAtUs - nowUs);
  }
}
