import { isDeepStrictEqual } from 'node:util';
import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../contract/circuit/circuit-state.ts';
import { bounded } from '../../core/circuit/circuit-bounds.ts';

export interface KnownCircuitOptions {
  readonly timing: CircuitTiming;
  /** The longest that a probe may take: a lease that lasts longer was made by a clock that is far off. */
  readonly leaseMs: number;
  /** Epoch milliseconds: they go on while Lambda holds the instance frozen. */
  readonly clock: () => number;
}

/** What an instance knows of its circuit: as the table had it last, and as it is used. */
export class KnownCircuit {
  readonly #options: KnownCircuitOptions;
  #stored: CircuitState = INITIAL_CIRCUIT;
  #circuit: CircuitState = INITIAL_CIRCUIT;
  /** When the table first had it so. */
  #seenAtMs = 0;
  /** When the read of what is known began: an answer says what was so then, however late it is taken in. */
  #asOfMs = Number.NEGATIVE_INFINITY;

  constructor(options: KnownCircuitOptions) {
    this.#options = options;
  }

  get stored(): CircuitState {
    return this.#stored;
  }

  /** Bounded as the policy has it, and moved on alone where the table fails. */
  get circuit(): CircuitState {
    return this.#circuit;
  }

  ageMs(nowMs = this.#options.clock()): number {
    return elapsedMs(this.#asOfMs, nowMs);
  }

  /** Until the next answer of the table. */
  moveAlone(next: CircuitState): void {
    this.#circuit = next;
  }

  /** The table was asked then, and what is known stands. */
  stands(asOfMs: number): void {
    this.#asOfMs = asOfMs;
  }

  /** @param known what the table had last when it was asked */
  take(circuit: CircuitState, asOfMs: number, known: CircuitState): void {
    const { clock, timing, leaseMs } = this.#options;
    const nowMs = clock();
    // An answer that was overtaken by a newer one tells nothing of an item that somebody set back.
    if (circuit.version >= this.#stored.version || this.#stored === known) {
      this.#asOfMs = asOfMs;
      // What is bounded from now on would never end if each read began it anew.
      if (!this.isStored(circuit)) {
        this.#stored = circuit;
        this.#seenAtMs = nowMs;
      }
    }
    // A clock that was set back saw it now for the first time.
    this.#seenAtMs = Math.min(this.#seenAtMs, nowMs);
    this.#circuit = bounded(this.#stored, { atMs: this.#seenAtMs, known: this.#circuit, leaseMs }, timing);
  }

  isStored(circuit: CircuitState): boolean {
    return isDeepStrictEqual(circuit, this.#stored);
  }
}

/** A clock that was set back tells nothing of an age. */
export function elapsedMs(atMs: number, nowMs: number): number {
  return nowMs >= atMs ? nowMs - atMs : Number.POSITIVE_INFINITY;
}
