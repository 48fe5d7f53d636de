import type { Assessment } from './limit-kind.ts';

/**
 * Up to this limit a window is exact to the millisecond. Above it, one entry a request would cost too much memory, and
 * time is cut into slices.
 */
export const EXACT_LIMIT = 1000;

/** The slices of a window above `EXACT_LIMIT`: a request is counted for up to 1 % longer than the window. */
export const SLICES = 100;

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
  readonly #windowMs: number;
  /** The limit of the last request. */
  #limit: number;
  /** Length of the slices below. */
  #sliceMs: number;
  /** Oldest first. */
  #slices: Slice[] = [];
  #used = 0;
  #chargedAtMs = 0;
  /** Added to the clock, for the time by which it stepped back. */
  #shiftMs = 0;

  constructor({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }) {
    this.#windowMs = windowMs;
    this.#limit = limit;
    this.#sliceMs = sliceMsOf(limit, windowMs);
  }

  /** @param limit the one for this request: it may be of another plan, or an operator may have changed it */
  assess(clockMs: number, cost: number, limit = this.#limit): Assessment {
    this.#limit = limit;
    const nowMs = this.#now(clockMs);
    const { sliceMs, keep, current, slices, first, used } = this.#counted(nowMs);
    const over = used + cost - limit;
    // A refused request leaves the present time behind, or all would be refused until a clock that stepped back has caught up.
    if (over > 0) this.#shiftMs = nowMs - clockMs;
    const decisive = over > 0 ? sliceWith(over, slices.slice(first)) : slices[first];
    return {
      allowed: over <= 0,
      remaining: Math.max(0, limit - used - (over > 0 ? 0 : cost)),
      resetMs: ((decisive?.number ?? current) + keep + 1) * sliceMs - nowMs,
    };
  }

  /** Charges the request that was assessed last, under the limit that it was assessed by. */
  charge(clockMs: number, cost: number): void {
    const nowMs = this.#now(clockMs);
    const { sliceMs, current, slices, first, used } = this.#counted(nowMs);
    slices.splice(0, first);
    const newest = slices.at(-1);
    if (newest?.number === current) newest.units += cost;
    else slices.push({ number: current, units: cost });
    this.#slices = slices;
    this.#sliceMs = sliceMs;
    this.#used = used + cost;
    this.#chargedAtMs = nowMs;
    this.#shiftMs = nowMs - clockMs;
  }

  /** After a clock has stepped back behind the last charge, time goes on from that charge. */
  #now(clockMs: number): number {
    return Math.max(this.#chargedAtMs, clockMs + this.#shiftMs);
  }

  /** The slices as the limit cuts them, the first that counts, and the units from there on: a charge drops the others. */
  #counted(nowMs: number) {
    const sliceMs = sliceMsOf(this.#limit, this.#windowMs);
    const keep = Math.ceil(this.#windowMs / sliceMs);
    const current = Math.floor(nowMs / sliceMs);
    let [first, used] = [0, this.#used];
    const slices = this.#cut(sliceMs);
    for (const { number, units } of slices) {
      if (current - number <= keep) break;
      first += 1;
      used -= units;
    }
    return { sliceMs, keep, current, slices, first, used };
  }

  /** When the limit crosses `EXACT_LIMIT`, all that was counted is taken as if it had been charged last. */
  #cut(sliceMs: number): Slice[] {
    if (sliceMs === this.#sliceMs || this.#slices.length === 0) return this.#slices;
    return [{ number: Math.floor(this.#chargedAtMs / sliceMs), units: this.#used }];
  }
}

function sliceMsOf(limit: number, windowMs: number): number {
  return limit > EXACT_LIMIT ? Math.ceil(windowMs / SLICES) : 1;
}

/** The slice at whose end this many units have left the window. */
function sliceWith(units: number, slices: readonly Slice[]): Slice | undefined {
  let left = units;
  return slices.find((slice) => {
    left -= slice.units;
    return left <= 0;
  });
}
