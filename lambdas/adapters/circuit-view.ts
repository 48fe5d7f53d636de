import { type CircuitState, INITIAL_CIRCUIT, type Signal, transition } from '../core/circuit.ts';
import type { CircuitStore } from './circuit-store.ts';

/** A state younger than this is used as it is: no read. */
export const FRESH_MS = 1000;
/** A state older than this is not used before it was read again: the environment was frozen, or the table was gone. */
export const STALE_MS = 5000;
/** How long a request waits for a state that it cannot do without. */
export const READ_WAIT_MS = 250;
/** How long an environment that starts waits for its first one: the table's client, its connection and one read. */
export const LOAD_WAIT_MS = 1000;

export interface CircuitViewOptions {
  readonly store: CircuitStore;
  readonly policy: { readonly openForMs: number };
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Called once for each transition that this process made. */
  readonly onTransition: (previous: CircuitState, next: CircuitState) => void;
  /** Called for each failed call to the table; the last known state then stands. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * What became of a signal: this process made the transition; it changes nothing or another process was first; or the
 * table does not answer.
 */
export type SignalResult =
  | { readonly status: 'made'; readonly circuit: CircuitState }
  | { readonly status: 'lost' }
  | { readonly status: 'unavailable' };

/** This environment's view of its service's circuit: the last known state, refreshed off the request's path. */
export class CircuitView {
  readonly #options: CircuitViewOptions;
  #circuit: CircuitState = INITIAL_CIRCUIT;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(options: CircuitViewOptions) {
    this.#options = options;
  }

  /**
   * Reads the state before the first request. An outage of an upstream brings a burst of new environments, and each of
   * them would send a request into it.
   */
  load(): Promise<void> {
    return within(LOAD_WAIT_MS, this.#read());
  }

  /** The state to decide on. Waits for a read only when what is known is stale, and then not for long. */
  async current(): Promise<CircuitState> {
    const ageMs = this.#ageMs();
    if (ageMs >= STALE_MS) await within(READ_WAIT_MS, this.#read());
    else if (ageMs >= FRESH_MS) void this.#read();
    return this.#circuit;
  }

  /** By the epoch clock, which goes on while Lambda holds the environment frozen; set back, it tells nothing. */
  #ageMs(): number {
    const ageMs = this.#options.clock() - this.#readAtMs;
    return ageMs >= 0 ? ageMs : Number.POSITIVE_INFINITY;
  }

  /** Applies a signal to `from`, the state that the caller decided on. */
  async signal(from: CircuitState, signal: Signal): Promise<SignalResult> {
    const { store, policy, clock, onTransition, onFailure } = this.#options;
    const nowMs = clock();
    const next = transition(from, signal, nowMs, policy);
    if (next === from) return { status: 'lost' };
    try {
      if (!(await store.replace(from, next, nowMs))) {
        this.#learn(await store.read({ consistent: true }), { authoritative: true });
        return { status: 'lost' };
      }
    } catch (error) {
      onFailure(error);
      return { status: 'unavailable' };
    }
    this.#learn(next);
    onTransition(from, next);
    return { status: 'made', circuit: next };
  }

  /** One read at a time; a failed one leaves the last known state, to be tried again a second later. */
  #read(): Promise<void> {
    this.#pending ??= this.#options.store
      .read()
      .then((circuit) => this.#learn(circuit))
      .catch((error) => {
        this.#readAtMs = this.#options.clock();
        this.#options.onFailure(error);
      })
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }

  /** An eventually consistent read may be older than what this process knows already; a consistent one never is. */
  #learn(circuit: CircuitState, { authoritative = false } = {}): void {
    if (authoritative || circuit.version >= this.#circuit.version) this.#circuit = circuit;
    this.#readAtMs = this.#options.clock();
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
