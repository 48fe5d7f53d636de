import type { StoreBreaker } from './store-breaker.ts';

/** Asks the shared store while it answers, and something else while it does not. */
export class StoreFallback {
  readonly #breaker: StoreBreaker;
  readonly #onFailure: () => void;

  /** @param onFailure called for each failed call to the shared store */
  constructor(breaker: StoreBreaker, onFailure: () => void) {
    this.#breaker = breaker;
    this.#onFailure = onFailure;
  }

  /** Milliseconds since the store came back; infinity if it was never lost. */
  get sinceRecoveryMs(): number {
    return this.#breaker.sinceRecoveryMs;
  }

  /** @param isLost whether a failure means that the store is lost for all other calls, too */
  async ask<T>(
    shared: () => Promise<T>,
    otherwise: () => Promise<T>,
    isLost: (error: unknown) => boolean = () => true,
  ): Promise<T> {
    if (!this.#breaker.mayBeAsked()) return otherwise();
    const begun = this.#breaker.changes;
    try {
      return await shared();
    } catch (error) {
      this.#onFailure();
      if (isLost(error)) this.#breaker.failed(error, begun);
      return otherwise();
    }
  }
}
