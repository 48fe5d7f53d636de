/**
 * Up to this limit a window is exact to the millisecond. Above it, one entry a request would cost too much memory, and
 * time is cut into slices.
 */
export const EXACT_LIMIT = 1000;

/** Into so many slices a window is cut above `EXACT_LIMIT`: a request is counted for up to 1 % longer than the window. */
export const SLICES = 100;

/** What a limit says to a request, before it is charged. */
export interface Assessment {
  readonly allowed: boolean;
  /** Units that would be left: after this request if it is allowed, else now. */
  readonly remaining: number;
  readonly resetMs: number;
}

/** Requests of one slice of time. */
interface Slice {
  readonly number: number;
  units: number;
}

/**
 * A sliding window: no interval of the window's length ever holds more than the limit, and refused requests do not
 * count. A slice, one millisecond up to `EXACT_LIMIT`, is counted until no part of it can lie within the window. The
 * decision script in Redis keeps the same; this one serves when there is no Redis.
 */
export class SlidingWindow {
  readonly #limit: number;
  readonly #sliceMs: number;
  /** Age in slices up to which one is counted. */
  readonly #keep: number;
  /** Oldest first. */
  #slices: Slice[] = [];
  #used = 0;
  #chargedAtMs = 0;
  /** What is added to the clock, for the time that it stepped back. */
  #shiftMs = 0;

  constructor({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }) {
    this.#limit = limit;
    this.#sliceMs = limit > EXACT_LIMIT ? Math.ceil(windowMs / SLICES) : 1;
    this.#keep = Math.ceil(windowMs / this.#sliceMs);
  }

  assess(clockMs: number, cost: number): Assessment {
    const nowMs = this.#now(clockMs);
    this.#forget(this.#sliceAt(nowMs));
    const over = this.#used + cost - this.#limit;
    const decisive = over > 0 ? this.#sliceWith(over) : this.#slices[0];
    const leavesMs = ((decisive?.number ?? this.#sliceAt(nowMs)) + this.#keep + 1) * this.#sliceMs;
    return {
      allowed: over <= 0,
      remaining: over <= 0 ? -over : Math.max(0, this.#limit - this.#used),
      resetMs: leavesMs - nowMs,
    };
  }

  charge(clockMs: number, cost: number): void {
    this.#chargedAtMs = this.#now(clockMs);
    const number = this.#sliceAt(this.#chargedAtMs);
    const newest = this.#slices.at(-1);
    if (newest?.number === number) newest.units += cost;
    else this.#slices.push({ number, units: cost });
    this.#used += cost;
  }

  /** A clock that stepped back behind the last charge tells nothing, so no time has passed since, and goes on from there. */
  #now(clockMs: number): number {
    this.#shiftMs += Math.max(0, this.#chargedAtMs - (clockMs + this.#shiftMs));
    return clockMs + this.#shiftMs;
  }

  #sliceAt(nowMs: number): number {
    return Math.floor(nowMs / this.#sliceMs);
  }

  /** Drops what has left the window. Each slice is dropped once, so a decision costs a constant on average. */
  #forget(current: number): void {
    const live = this.#slices.findIndex((slice) => current - slice.number <= this.#keep);
    const gone = this.#slices.splice(0, live === -1 ? this.#slices.length : live);
    for (const slice of gone) this.#used -= slice.units;
  }

  /** The slice with whose end so many units have left. */
  #sliceWith(units: number): Slice | undefined {
    let left = units;
    return this.#slices.find((slice) => {
      left -= slice.units;
      return left <= 0;
    });
  }
}
