import { isDeepStrictEqual } from 'node:util';
import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../contract/circuit/circuit-state.ts';
import { bounded } from '../../core/circuit/circuit-bounds.ts';

export interface KnownCircuitOptions {
  readonly timing: CircuitTiming;
  /** The longest that a probe may take: a longer lease comes from an instance whose clock is far off. */
  readonly leaseMs: number;
  /** Epoch milliseconds, which go on while Lambda freezes the instance. */
  readonly clock: () => number;
}

/** The circuit as an instance knows it: the state that the table had last, and the state that requests use. */
export class KnownCircuit {
  readonly #options: KnownCircuitOptions;
  #stored: CircuitState = INITIAL_CIRCUIT;
  #circuit: CircuitState = INITIAL_CIRCUIT;
  /** When this instance first read the stored state. */
  #seenAtMs = 0;
  /** When the last read began: its answer shows the table at that time, however late it arrives. */
  #asOfMs = Number.NEGATIVE_INFINITY;

  constructor(options: KnownCircuitOptions) {
    this.#options = options;
  }

  get stored(): CircuitState {
    return this.#stored;
  }

  /** Within the policy's bounds, and moved by this instance alone while the table fails. */
  get circuit(): CircuitState {
    return this.#circuit;
  }

  ageMs(nowMs = this.#options.clock()): number {
    return elapsedMs(this.#asOfMs, nowMs);
  }

  /** Holds until the next answer of the table. */
  moveAlone(next: CircuitState): void {
    this.#circuit = next;
  }

  /** Keeps the state as of a later read. */
  confirm(asOfMs: number): void {
    this.#asOfMs = asOfMs;
  }

  /** Takes in a state from the table. @param before the stored state when the call began */
  accept(circuit: CircuitState, asOfMs: number, before: CircuitState): void {
    const { clock, timing, leaseMs } = this.#options;
    const nowMs = clock();
    // An older version counts only if no newer answer came meanwhile: then somebody has set the item back.
    if (circuit.version >= this.#stored.version || this.#stored === before) {
      this.#asOfMs = asOfMs;
      // The bounds begin at this time; if each read began them anew, an open circuit would never end.
      if (!this.isStored(circuit)) {
        this.#stored = circuit;
        this.#seenAtMs = nowMs;
      }
    }
    // If the clock was set back, now counts as the first time.
    this.#seenAtMs = Math.min(this.#seenAtMs, nowMs);
    this.#circuit = bounded(this.#stored, { atMs: this.#seenAtMs, known: this.#circuit, leaseMs }, timing);
  }

  isStored(circuit: CircuitState): boolean {
    return isDeepStrictEqual(circuit, this.#stored);
  }
}

/** Infinite if the clock was set back: the age is then unknown. */
export function elapsedMs(atMs: number, nowMs: number): number {
  return nowMs >= atMs ? nowMs - atMs : Number.POSITIVE_INFINITY;
}
