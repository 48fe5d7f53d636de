/** How long a lost store is left alone before it is tried again, at first and at most, in milliseconds. */
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
}

/**
 * Keeps requests away from a store that does not answer: one of them finds out and pays the deadline, the others cost
 * microseconds. The store is then probed beside the requests, after pauses that grow and differ from one instance to
 * the other, so that it is not met by all of them at once when it comes back.
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

  /** While the store is lost, no; those who ask this then have it probed, when the pause is over. */
  mayBeAsked(): boolean {
    if (this.#lost && !this.#probing && this.#options.clock() >= this.#probeAtMs) void this.#probe();
    return !this.#lost;
  }

  /** Milliseconds since the store came back; infinity if it was never lost. */
  get sinceRecoveryMs(): number {
    return this.#options.clock() - this.#recoveredAtMs;
  }

  /** So often the store was lost or came back. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * A call failed. @param begun what `changes` was when it began: one from before the last change tells nothing new
   */
  failed(error: unknown, begun: number): void {
    if (this.#lost || begun !== this.#changes) return;
    // One that comes and goes, overloaded perhaps, is left alone for ever longer.
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
