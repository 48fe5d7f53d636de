import type { CircuitView, Unanswered } from '../../adapters/circuit/circuit-view.ts';
import type { HalfOpen } from '../../contract/circuit/circuit-state.ts';

/** So long the next request of the instance may take to come; then others are to have the place. */
const KEPT_MS = 1000;

/**
 * A lease whose answer came too late for the request that wanted it: the next request of this instance has it. A table
 * that is slow for all would otherwise give out leases that nobody uses, and the circuit would never close.
 */
export class LateLease {
  readonly #view: CircuitView;
  readonly #neededMs: number;
  #id: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param neededMs how much of a lease must be left for a request that takes all of its time */
  constructor(view: CircuitView, neededMs: number) {
    this.#view = view;
    this.#neededMs = neededMs;
  }

  /** Keeps what the table will have answered. */
  async await({ late }: Unanswered, id: string): Promise<void> {
    const answer = await late;
    // It may have been written although its answer was lost.
    if (answer === undefined) await this.#view.refresh();
    if (answer?.status === 'unchanged') return;
    // Of two that came late one is enough: the next request has one.
    this.#giveBack();
    this.#id = id;
    this.#timer = setTimeout(() => this.#giveBack(), KEPT_MS).unref();
  }

  /** The lease for the request that asks, where one is at hand. */
  take({ leases }: HalfOpen, nowMs: number): string | undefined {
    const id = this.#id;
    if (id === undefined) return undefined;
    const leftMs = (Object.hasOwn(leases, id) ? (leases[id] ?? 0) : 0) - nowMs;
    if (leftMs < this.#neededMs) return this.#giveBack();
    this.#forget();
    return id;
  }

  #giveBack(): undefined {
    const id = this.#id;
    this.#forget();
    if (id !== undefined) void this.#view.signal({ type: 'probe-abandoned', id });
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#id = undefined;
  }
}
