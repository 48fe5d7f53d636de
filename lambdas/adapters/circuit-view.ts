import { type CircuitState, INITIAL_CIRCUIT, type Signal, transition } from '../core/circuit.ts';
import type { CircuitStore } from './circuit-store.ts';
import { NO_ANSWER, within } from './within.ts';

/** A state younger than this is used as it is: no read. */
export const FRESH_MS = 1000;
/** A state older than this is not used before it was read again: the environment was frozen, or the table was gone. */
export const STALE_MS = 5000;
/** How long others wait for the table, in milliseconds. Together they stay within what a function has beside its upstream. */
export const WAITS = {
  /** An environment that starts, for its first state: the table's client, its connection and one read. */
  load: 1000,
  /** A request, for a state that it cannot do without. */
  read: 250,
  /** A request, for a transition to be written, and then as long again for its history. */
  write: 200,
} as const;

export interface CircuitViewOptions {
  readonly store: CircuitStore;
  readonly policy: { readonly openForMs: number };
  /** Epoch milliseconds: they go on while Lambda holds the environment frozen. */
  readonly clock: () => number;
  /** @default WAITS */
  readonly waits?: Readonly<Record<keyof typeof WAITS, number>>;
  /** Called once for each transition that this process made. */
  readonly onTransition: (next: CircuitState) => void;
  /** Called for each failed call to the table; the last known state then stands. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * What became of a signal: this process made the transition; it changes nothing or another process was first; the table
 * is slow, so nobody knows yet; or the table fails.
 */
export type SignalResult =
  | { readonly status: 'made'; readonly circuit: CircuitState }
  | { readonly status: 'lost' | 'unanswered' | 'unavailable' };

/** The state that stands after a write, and when its history item is written, too. */
interface Written {
  readonly stands: CircuitState;
  readonly remembered: Promise<void>;
}

/** This environment's view of its service's circuit: the last known state, refreshed off the request's path. */
export class CircuitView {
  readonly #options: Required<CircuitViewOptions>;
  #circuit: CircuitState = INITIAL_CIRCUIT;
  /** When the read of what is known began: an answer says what was so then, however late it is taken in. */
  #asOfMs = Number.NEGATIVE_INFINITY;
  /** Whether the table's last word was a failure. */
  #failing = false;
  #pending: { readonly sinceMs: number; readonly read: Promise<void> } | undefined;

  constructor(options: CircuitViewOptions) {
    this.#options = { waits: WAITS, ...options };
  }

  /**
   * Reads the state before the first request. An outage of an upstream brings a burst of new environments, and each of
   * them would send a request into it.
   */
  async load(): Promise<void> {
    await within(this.#options.waits.load, this.#read());
  }

  /** The state to decide on. Waits for a read only when what is known is stale, and then not for long. */
  async current(): Promise<CircuitState> {
    const ageMs = this.#since(this.#asOfMs);
    if (ageMs >= STALE_MS) await within(this.#options.waits.read, this.#read());
    else if (ageMs >= FRESH_MS) void this.#read();
    return this.#circuit;
  }

  /** Applies a signal to `from`, the state that the caller decided on. */
  async signal(from: CircuitState, signal: Signal): Promise<SignalResult> {
    const { clock, policy, waits, onFailure } = this.#options;
    const nowMs = clock();
    const next = transition(from, signal, nowMs, policy);
    if (next === from) return { status: 'lost' };
    try {
      const written = await within(waits.write, this.#replace(from, next, nowMs));
      if (written === NO_ANSWER) {
        onFailure(new Error(`the table gave no answer within ${waits.write} ms`));
        return { status: this.#failing ? 'unavailable' : 'unanswered' };
      }
      if (written.stands !== next) return { status: 'lost' };
      await within(waits.write, written.remembered);
      return { status: 'made', circuit: next };
    } catch (error) {
      onFailure(error);
      return { status: 'unavailable' };
    }
  }

  async #replace(from: CircuitState, next: CircuitState, nowMs: number): Promise<Written> {
    const { store, onTransition, onFailure } = this.#options;
    const stands = await store.replace(from, next).catch((error) => {
      this.#failing = true;
      throw error;
    });
    this.#learn(stands, nowMs, { authoritative: true });
    if (stands !== next) return { stands, remembered: Promise.resolve() };
    onTransition(next);
    // The circuit has moved, whether its history knows of it or not.
    return { stands, remembered: store.remember(next, nowMs).catch(onFailure) };
  }

  /** One read at a time, unless it has been under way since before a freeze; a failed one is tried again a second later. */
  #read(): Promise<void> {
    if (this.#pending !== undefined && this.#since(this.#pending.sinceMs) < STALE_MS) return this.#pending.read;
    const { store, clock, onFailure } = this.#options;
    const sinceMs = clock();
    const read = store
      .read()
      .then((circuit) => this.#learn(circuit, sinceMs))
      .catch((error) => {
        this.#failing = true;
        this.#asOfMs = sinceMs;
        onFailure(error);
      })
      .finally(() => {
        if (this.#pending?.read === read) this.#pending = undefined;
      });
    this.#pending = { sinceMs, read };
    return read;
  }

  /** An eventually consistent read may be older than what this process knows already; an authoritative one never is. */
  #learn(circuit: CircuitState, asOfMs: number, { authoritative = false } = {}): void {
    if (authoritative || circuit.version >= this.#circuit.version) this.#circuit = circuit;
    this.#asOfMs = asOfMs;
    this.#failing = false;
  }

  /** A clock that was set back tells nothing of an age. */
  #since(atMs: number): number {
    const ageMs = this.#options.clock() - atMs;
    return ageMs >= 0 ? ageMs : Number.POSITIVE_INFINITY;
  }
}
