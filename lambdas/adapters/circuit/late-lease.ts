import type { HalfOpen } from '../../contract/circuit/circuit-state.ts';
import type { CircuitView, Unanswered } from './circuit-view.ts';

/** How long the lease waits for the next request of this instance; then other instances get the place. */
const KEPT_MS = 1000;

/**
 * A lease that the table granted too late for its request: the next request of this instance uses it. If the table is slow
 * for all instances, they would otherwise hold leases that no request uses, and the circuit would never close.
 */
export class LateLease {
  readonly #view: CircuitView;
  readonly #neededMs: number;
  #id: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param neededMs how long the lease must still last: the deadline of a request */
  constructor(view: CircuitView, neededMs: number) {
    this.#view = view;
    this.#neededMs = neededMs;
  }

  /** Keeps the lease when the table's answer comes. */
  async await({ late }: Unanswered, id: string): Promise<void> {
    const answer = await late;
    // The table may have written the lease although its answer was lost.
    if (answer === undefined) await this.#view.refresh();
    if (answer?.status === 'unchanged') return;
    // One late lease is enough for the next request.
    this.#giveBack();
    this.#id = id;
    this.#timer = setTimeout(() => this.#giveBack(), KEPT_MS).unref();
  }

  /** The kept lease, if there is one and it lasts long enough. */
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
