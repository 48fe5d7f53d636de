/** After a race for a place is lost for the first time; doubled each time until one is won. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;

/**
 * How long an instance that lost the race for a probe's place leaves the next one to others. Hundreds that tried with
 * each of their requests would write to one item more often than its table takes.
 */
export class ProbePause {
  #lost = 0;
  #untilMs = 0;
  #begunAtMs = 0;

  /** A pause that a clock which was set back would make longer is over. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#untilMs || nowMs < this.#begunAtMs;
  }

  /** @param random 0 <= random < 1: half of the pause to all of it */
  lost(nowMs: number, random: number): void {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#lost, LONGEST_PAUSE_MS);
    this.#lost += 1;
    this.#begunAtMs = nowMs;
    this.#untilMs = nowMs + pauseMs * (0.5 + random / 2);
  }

  won(): void {
    this.#lost = 0;
    this.#untilMs = 0;
  }
}
