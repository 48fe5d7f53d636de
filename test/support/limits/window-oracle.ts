import type { WindowLimit } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { OutcomeCounts } from '../../../lambdas/core/circuit/outcome.ts';
import { SLICES as OUTCOME_SLICES } from '../../../lambdas/core/circuit/outcome-window.ts';
import type { Assessment } from '../../../lambdas/core/limits/kinds/limit-kind.ts';
import { EXACT_LIMIT, SLICES } from '../../../lambdas/core/limits/kinds/sliding-window.ts';

/** Units that came in the same slice of time. */
interface Admitted {
  readonly slice: number;
  readonly units: number;
}

/**
 * A sliding window by its definition: a list of all that was admitted, each with the slice of time that it came in, which
 * up to the exact limit is a millisecond. It counts until a whole window has passed since its slice was over.
 *
 * Time is what has passed since the last write: nothing, when the clock stepped back.
 */
export class WindowOracle {
  readonly #admitted: Admitted[] = [];
  /** The clock at the last write, and the slice that it stands for. */
  #written: { readonly clockMs: number; readonly slice: number } | undefined;

  assess(nowUs: number, cost: number, policy: WindowLimit): Assessment {
    const { sliceMs, keep } = slicesOf(policy);
    const now = this.#slice(nowUs, sliceMs);
    const counted = this.#admitted.filter(({ slice }) => now - slice <= keep);
    const used = counted.reduce((sum, { units }) => sum + units, 0);
    const over = used + cost - policy.limit;
    // What costs more than the limit is told the whole window.
    const leaving = over > 0 ? withUnit(counted, over) : counted[0];
    return {
      allowed: over <= 0,
      remaining: Math.max(0, policy.limit - used - (over > 0 ? 0 : cost)),
      resetMs:
        ((leaving?.slice ?? now) + keep + 1 - now + (this.#isHeld(nowUs, sliceMs) ? 1 : 0)) * sliceMs -
        (msOf(nowUs) % sliceMs),
    };
  }

  charge(nowUs: number, cost: number, policy: WindowLimit): void {
    const slice = this.#write(nowUs, policy);
    this.#admitted.push({ slice, units: cost });
  }

  /** Who is refused by a clock that stepped back leaves the present time behind. */
  refuse(nowUs: number, policy: WindowLimit): void {
    if (this.#written !== undefined && msOf(nowUs) < this.#written.clockMs) this.#write(nowUs, policy);
  }

  #write(nowUs: number, policy: WindowLimit): number {
    const { sliceMs } = slicesOf(policy);
    const slice = this.#slice(nowUs, sliceMs);
    const sliceStartMs = Math.floor(msOf(nowUs) / sliceMs) * sliceMs;
    this.#written = { clockMs: this.#isHeld(nowUs, sliceMs) ? sliceStartMs + sliceMs : msOf(nowUs), slice };
    return slice;
  }

  /** Nobody knows how much of a slice has passed into which the clock stepped back: the next one is taken for the same. */
  #isHeld(nowUs: number, sliceMs: number): boolean {
    return sliceMs > 1 && this.#written !== undefined && msOf(nowUs) < this.#written.clockMs;
  }

  #slice(nowUs: number, sliceMs: number): number {
    const clock = Math.floor(msOf(nowUs) / sliceMs);
    if (this.#written === undefined) return clock;
    return this.#written.slice + Math.max(0, clock - Math.floor(this.#written.clockMs / sliceMs));
  }
}

/** Where the unit of this rank is, counted from 1. */
function withUnit(admitted: readonly Admitted[], rank: number): Admitted | undefined {
  let seen = 0;
  return admitted.find(({ units }) => {
    seen += units;
    return seen >= rank;
  });
}

/** How long a slice is, and of what age in slices it still counts. */
export function slicesOf({ limit, windowMs }: Pick<WindowLimit, 'limit' | 'windowMs'>): {
  readonly sliceMs: number;
  readonly keep: number;
} {
  const sliceMs = limit > EXACT_LIMIT ? Math.ceil(windowMs / SLICES) : 1;
  return { sliceMs, keep: Math.ceil(windowMs / sliceMs) };
}

function msOf(us: number): number {
  return Math.floor(us / 1000);
}

/** The window of outcomes by its definition: a list of what was recorded, each with the slice that it fell into. */
export class OutcomeOracle {
  #recorded: { readonly slice: number; readonly outcomes: OutcomeCounts }[] = [];
  readonly #sliceMs: number;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / OUTCOME_SLICES;
  }

  record(outcomes: OutcomeCounts, nowMs: number): OutcomeCounts {
    const slice = Math.floor(nowMs / this.#sliceMs);
    // What has left the window does not come back when the clock does.
    this.#recorded = [...this.#recorded, { slice, outcomes }].filter((one) => one.slice > slice - OUTCOME_SLICES);
    const sumOf = (count: keyof OutcomeCounts) =>
      this.#recorded.reduce((sum, { outcomes: recorded }) => sum + recorded[count], 0);
    return { total: sumOf('total'), failures: sumOf('failures'), slow: sumOf('slow') };
  }
}
