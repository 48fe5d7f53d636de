import { expect } from 'vitest';
import { PAUSES, StoreBreaker } from '../../../lambdas/adapters/redis/store-breaker.ts';
import type { TestClock } from '../clock.ts';

/** A shared store that is lost when the test says so, and production's breaker for it. */
export class LosableStore {
  readonly breaker: StoreBreaker;
  readonly changes: string[] = [];
  /** The calls that reached the store. */
  readonly asked: string[] = [];
  failures = 0;
  lost = false;
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
    this.breaker = new StoreBreaker({
      probe: async () => {
        if (this.lost) throw new Error('still no answer');
      },
      clock: clock.now,
      random: () => 0,
      onChange: (change) => this.changes.push(change),
      onFailure: () => {
        this.failures += 1;
      },
    });
  }

  /** What each call of the store does first. @throws while the store is lost */
  answer(call: string): void {
    this.asked.push(call);
    if (this.lost) throw new Error('no answer');
  }

  /** Loses the store, and lets a call find out. */
  async lose(): Promise<void> {
    this.lost = true;
    await this.#call();
    expect(this.changes.at(-1)).toBe('lost');
  }

  /** Brings the store back, and lets a call have it probed. */
  async recover(): Promise<void> {
    this.lost = false;
    this.#clock.advance(PAUSES.longest);
    await this.#call();
    await new Promise((resolve) => setImmediate(resolve));
    expect(this.changes.at(-1)).toBe('recovered');
  }

  async #call(): Promise<void> {
    await this.breaker.ask(
      async () => this.answer('call'),
      async () => undefined,
    );
  }
}
