/** The pause after the first lost race for a place; it doubles with each further one until a race is won. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;

/**
 * How long an instance waits after it has lost the race for a probe's place. Hundreds of instances that tried with each
 * request would write to one item more often than DynamoDB allows.
 */
export class ProbePause {
  #lost = 0;
  #untilMs = 0;
  #begunAtMs = 0;

  /** A clock that was set back ends the pause. */
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
