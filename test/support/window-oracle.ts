import type { RateLimitPolicy } from '../../lambdas/contract/policy.ts';
import type { Decision } from '../../lambdas/core/decision.ts';
import type { OutcomeCounts } from '../../lambdas/core/outcome.ts';
import { SLICES } from '../../lambdas/core/outcome-window.ts';

/** The sliding window by its definition: a list of all admitted times. */
export class WindowOracle {
  readonly #admittedAtMs: number[] = [];
  readonly #policy: RateLimitPolicy;

  constructor(policy: RateLimitPolicy) {
    this.#policy = policy;
  }

  decide(clockMs: number): Decision {
    const { limit, windowMs } = this.#policy;
    const nowMs = Math.max(clockMs, ...this.#admittedAtMs.slice(-1));
    const counted = this.#admittedAtMs.filter((atMs) => atMs > nowMs - windowMs);
    const allowed = counted.length < limit;
    if (allowed) {
      counted.push(nowMs);
      this.#admittedAtMs.push(nowMs);
    }
    const oldestMs = counted[0] ?? Number.NaN;
    return { allowed, limit, remaining: limit - counted.length, resetMs: oldestMs + windowMs - nowMs };
  }
}

/** The window of outcomes by its definition: a list of outcomes with the slice that each fell into. */
export class OutcomeOracle {
  #outcomes: { readonly slice: number; readonly failed: boolean }[] = [];
  readonly #sliceMs: number;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
  }

  record(failed: boolean, nowMs: number): OutcomeCounts {
    const slice = Math.floor(nowMs / this.#sliceMs);
    // What has left the window does not come back when the clock does.
    this.#outcomes = [...this.#outcomes, { slice, failed }].filter((outcome) => outcome.slice > slice - SLICES);
    return { total: this.#outcomes.length, failures: this.#outcomes.filter((outcome) => outcome.failed).length };
  }
}
