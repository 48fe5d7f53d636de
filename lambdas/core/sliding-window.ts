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
    const { first, used } = this.#counted(this.#sliceAt(nowMs));
    const over = used + cost - this.#limit;
    // Who is refused leaves the present time behind, or would be refused until a clock that stepped back has caught up.
    if (over > 0) this.#shiftMs = nowMs - clockMs;
    const decisive = over > 0 ? this.#sliceWith(over, first) : this.#slices[first];
    const leavesMs = ((decisive?.number ?? this.#sliceAt(nowMs)) + this.#keep + 1) * this.#sliceMs;
    return {
      allowed: over <= 0,
      remaining: Math.max(0, this.#limit - used - (over > 0 ? 0 : cost)),
      resetMs: leavesMs - nowMs,
    };
  }

  charge(clockMs: number, cost: number): void {
    const nowMs = this.#now(clockMs);
    const number = this.#sliceAt(nowMs);
    const { first, used } = this.#counted(number);
    this.#slices.splice(0, first);
    const newest = this.#slices.at(-1);
    if (newest?.number === number) newest.units += cost;
    else this.#slices.push({ number, units: cost });
    this.#used = used + cost;
    this.#chargedAtMs = nowMs;
    this.#shiftMs = nowMs - clockMs;
  }

  /** A clock that stepped back behind the last charge tells nothing, so no time has passed since, and goes on from there. */
  #now(clockMs: number): number {
    return Math.max(this.#chargedAtMs, clockMs + this.#shiftMs);
  }

  #sliceAt(nowMs: number): number {
    return Math.floor(nowMs / this.#sliceMs);
  }

  /** The first slice that counts, and the units from there on: nothing is dropped before the next charge. */
  #counted(current: number): { readonly first: number; readonly used: number } {
    let [first, used] = [0, this.#used];
    for (const { number, units } of this.#slices) {
      if (current - number <= this.#keep) break;
      first += 1;
      used -= units;
    }
    return { first, used };
  }

  /** The slice, of those that count, with whose end so many units have left. */
  #sliceWith(units: number, first: number): Slice | undefined {
    let left = units;
    return this.#slices.slice(first).find((slice) => {
      left -= slice.units;
      return left <= 0;
    });
  }
}
