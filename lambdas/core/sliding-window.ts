import type { RateLimitPolicy } from '../contract/policy.ts';
import type { Decision } from './decision.ts';

/**
 * An exact sliding window: the times of the last `limit` admitted requests in a ring. A request is admitted when the
 * oldest of them has left the window, so no interval of the window's length ever holds more than `limit`, and refused
 * requests do not count. The Redis script keeps the same ring; this one serves when there is no Redis.
 */
export class SlidingWindow {
  readonly #admittedAtMs: number[] = [];
  readonly #limit: number;
  readonly #windowMs: number;
  /** Where the next time goes; once the ring is full, also where the oldest stands. */
  #head = 0;

  constructor({ limit, windowMs }: RateLimitPolicy) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  decide(clockMs: number): Decision {
    // A clock that steps back must not let the ring lose its order.
    const nowMs = Math.max(clockMs, this.#at(this.#admittedAtMs.length - 1));
    const live = this.#liveAt(nowMs);
    const allowed = live < this.#limit;
    if (allowed) this.#admit(nowMs);
    const counted = allowed ? live + 1 : live;
    const oldestMs = this.#at(this.#admittedAtMs.length - counted);
    return {
      allowed,
      limit: this.#limit,
      remaining: this.#limit - counted,
      resetMs: oldestMs + this.#windowMs - nowMs,
    };
  }

  #admit(nowMs: number): void {
    this.#admittedAtMs[this.#head] = nowMs;
    this.#head = (this.#head + 1) % this.#limit;
  }

  /** The number of admitted requests still inside the window, by binary search over the ring. */
  #liveAt(nowMs: number): number {
    let low = 0;
    let high = this.#admittedAtMs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (nowMs - this.#at(middle) < this.#windowMs) high = middle;
      else low = middle + 1;
    }
    return this.#admittedAtMs.length - low;
  }

  /** The time at `position` counted from the oldest; minus infinity outside the ring. */
  #at(position: number): number {
    const size = this.#admittedAtMs.length;
    const start = size < this.#limit ? 0 : this.#head;
    return this.#admittedAtMs[(start + position) % this.#limit] ?? Number.NEGATIVE_INFINITY;
  }
}
