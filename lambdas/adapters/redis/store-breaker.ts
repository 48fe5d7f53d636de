/** The pause before a lost store is probed again, at first and at most, in milliseconds. */
export const PAUSES = { first: 100, longest: 5_000 } as const;

export interface StoreBreakerOptions {
  /** Asks the store whether it answers. @throws when it does not */
  readonly probe: () => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number;
  /** 0 <= random < 1 */
  readonly random: () => number;
  /** Called once when the store stops answering, and once when it answers again. */
  readonly onChange: (change: 'lost' | 'recovered', error?: unknown) => void;
  /** Called for each failed call to the store. */
  readonly onFailure: () => void;
}

/**
 * Keeps requests away from a store that does not answer: one request finds out and waits for the deadline, the others take
 * microseconds. The breaker then probes the store beside the requests. Its pauses grow and differ between instances, so that
 * they do not all ask at once when the store comes back.
 */
export class StoreBreaker {
  readonly #options: StoreBreakerOptions;
  #lost = false;
  #changes = 0;
  #probing = false;
  #pauseMs: number = PAUSES.first;
  #probeAtMs = 0;
  #recoveredAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: StoreBreakerOptions) {
    this.#options = options;
  }

  /**
   * Calls `shared` while the store answers, and `otherwise` when it does not.
   *
   * @param isLost whether a failure of `shared` means that the store is lost for all other calls, too
   */
  async ask<T>(
    shared: () => Promise<T>,
    otherwise: () => Promise<T>,
    isLost: (error: unknown) => boolean = () => true,
  ): Promise<T> {
    if (!this.mayBeAsked()) return otherwise();
    const begun = this.#changes;
    try {
      return await shared();
    } catch (error) {
      this.#options.onFailure();
      if (isLost(error)) this.failed(error, begun);
      return otherwise();
    }
  }

  /** False while the store is lost. It is then probed, when the pause is over. */
  mayBeAsked(): boolean {
    if (this.#lost && !this.#probing && this.#options.clock() >= this.#probeAtMs) void this.#probe();
    return !this.#lost;
  }

  /** Milliseconds since the store came back; infinity if it was never lost. */
  get sinceRecoveryMs(): number {
    return this.#options.clock() - this.#recoveredAtMs;
  }

  /** Number of times the store was lost or recovered. */
  get changes(): number {
    return this.#changes;
  }

  /** @param begun what `changes` was when the failed call began: a call from before the last change proves nothing */
  failed(error: unknown, begun: number): void {
    if (this.#lost || begun !== this.#changes) return;
    // A store that comes and goes may be overloaded: its pauses go on growing.
    this.#pauseMs = this.sinceRecoveryMs > PAUSES.longest ? PAUSES.first : this.#longer();
    this.#lost = true;
    this.#changes += 1;
    this.#wait();
    this.#options.onChange('lost', error);
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#options.probe();
    } catch {
      this.#pauseMs = this.#longer();
      this.#wait();
      return;
    } finally {
      this.#probing = false;
    }
    this.#lost = false;
    this.#changes += 1;
    this.#recoveredAtMs = this.#options.clock();
    this.#options.onChange('recovered');
  }

  #longer(): number {
    return Math.min(2 * this.#pauseMs, PAUSES.longest);
  }

  /** Half of the pause to the whole of it. */
  #wait(): void {
    const { clock, random } = this.#options;
    this.#probeAtMs = clock() + this.#pauseMs * (0.5 + random() / 2);
  }
}
