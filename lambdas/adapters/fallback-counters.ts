import type { RateLimitPolicy } from '../contract/policy.ts';
import type { Counters } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import type { OutcomeCounts } from '../core/outcome.ts';

/** After a failure the shared store is left alone this long: an outage must not cost every request a deadline. */
export const STORE_COOLDOWN_MS = 1000;

export interface FallbackOptions {
  readonly shared: Counters;
  readonly local: Counters;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  /** Called once when the shared store stops answering, and once when it answers again. */
  readonly onChange: (change: 'lost' | 'recovered', error?: unknown) => void;
  /** Called for each failed call. */
  readonly onFailure: () => void;
}

/** Counts in the shared store while it answers and locally while it does not. A decision always comes. */
export class FallbackCounters implements Counters {
  readonly #options: FallbackOptions;
  #lost = false;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FallbackOptions) {
    this.#options = options;
  }

  decide(subject: string, policy: RateLimitPolicy): Promise<Decision> {
    return this.#count((counters) => counters.decide(subject, policy));
  }

  record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts> {
    return this.#count((counters) => counters.record(circuit, failed, windowMs));
  }

  async #count<T>(operation: (counters: Counters) => Promise<T>): Promise<T> {
    const { shared, local, clock, onFailure } = this.#options;
    if (clock() < this.#retryAtMs) return operation(local);
    try {
      // While the store is lost only one call tries it; the others go on locally until that one has come back.
      if (this.#lost) this.#retryAtMs = clock() + STORE_COOLDOWN_MS;
      const result = await operation(shared);
      this.#changeTo(false);
      return result;
    } catch (error) {
      this.#retryAtMs = clock() + STORE_COOLDOWN_MS;
      onFailure();
      this.#changeTo(true, error);
      return operation(local);
    }
  }

  #changeTo(lost: boolean, error?: unknown): void {
    if (!lost) this.#retryAtMs = Number.NEGATIVE_INFINITY;
    if (this.#lost === lost) return;
    this.#lost = lost;
    this.#options.onChange(lost ? 'lost' : 'recovered', error);
  }
}
