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
 * microseconds. The store is then probed beside the requests, after pauses that grow and differ from one environment to
 * the other, so that it is not met by all of them at once when it comes back.
 */
export class StoreBreaker {
  readonly #options: StoreBreakerOptions;
  #lost = false;
  #probing = false;
  #pauseMs: number = PAUSES.first;
  #probeAtMs = 0;

  constructor(options: StoreBreakerOptions) {
    this.#options = options;
  }

  /** Whether the store may be asked; while it is lost, the requests that ask this have it probed. */
  get answers(): boolean {
    if (this.#lost && !this.#probing && this.#options.clock() >= this.#probeAtMs) void this.#probe();
    return !this.#lost;
  }

  failed(error: unknown): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#pauseMs = PAUSES.first;
    this.#wait();
    this.#options.onChange('lost', error);
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#options.probe();
      this.#lost = false;
      this.#options.onChange('recovered');
    } catch {
      this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSES.longest);
      this.#wait();
    } finally {
      this.#probing = false;
    }
  }

  /** Half to one and a half of the pause. */
  #wait(): void {
    const { clock, random } = this.#options;
    this.#probeAtMs = clock() + this.#pauseMs * (0.5 + random());
  }
}
