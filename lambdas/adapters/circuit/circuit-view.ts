import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { isTransition, type Now, type Signal, settle, transition } from '../../core/circuit/circuit.ts';
import { NO_ANSWER, within } from '../within.ts';
import { CircuitCache, type CircuitCacheOptions, elapsedMs, FRESH_MS } from './circuit-cache.ts';
import type { CircuitStore } from './circuit-store.ts';
import { TableHealth } from './table-health.ts';

/** How long the table must have failed before an instance sends probes without a lease. */
export const ALONE_AFTER_MS = 2000;
/**
 * How long callers wait for the table, in milliseconds. A request may wait for one read, three writes and then the writes
 * to the history: together they fit into the time that a function has beside its upstream.
 */
export const WAITS = {
  /** An instance that starts, for its first state: the table's client, its connection and one read. */
  load: 1000,
  /** A request, for a state that it cannot do without. */
  read: 200,
  /** A request, for a transition to be written. */
  write: 150,
} as const;

/** A writer gives up after this many lost races. Fewer probes than this report at once. */
const ATTEMPTS = 50;

export interface CircuitViewOptions extends CircuitCacheOptions {
  readonly store: Pick<CircuitStore, 'read' | 'replace' | 'remember'>;
  /** 0 <= x < 1. */
  readonly random: () => number;
  /** @default WAITS */
  readonly waits?: Readonly<Record<keyof typeof WAITS, number>>;
  /** Called once for each transition that this instance made; `alone`: not in the table, for this instance only. */
  readonly onTransition: (next: CircuitState, made: 'for all' | 'alone') => void;
}

/** The result of a signal: made for all instances, made for this one alone while the table fails, or without effect. */
export interface Answered {
  readonly status: 'made' | 'made-alone' | 'unchanged';
  readonly circuit: CircuitState;
}

/** The table is slow: the result of the signal is not known yet. */
export interface Unanswered {
  readonly status: 'unanswered';
  /** The result, when the table answers; undefined if it fails. */
  readonly late: Promise<Answered | undefined>;
}

export type SignalResult = Answered | Unanswered;

/**
 * This instance's view of its service's circuit: the last known state, read beside the requests, and the writes that move
 * it. While the table fails the instance moves the circuit by itself, as if it were the only one.
 */
export class CircuitView {
  readonly #options: Required<CircuitViewOptions>;
  readonly #health: TableHealth;
  readonly #cache: CircuitCache;
  /** When the end of a forced state was last sent to the table. */
  #endSentAtMs = Number.NEGATIVE_INFINITY;
  /** Writes of transitions to the history that have not ended. */
  readonly #remembering = new Set<Promise<void>>();

  constructor(options: CircuitViewOptions) {
    this.#options = { waits: WAITS, ...options };
    this.#health = new TableHealth(options.clock);
    this.#cache = new CircuitCache(options, this.#health);
  }

  /**
   * Reads the state before the first request. An outage of an upstream brings a burst of new instances, and each of
   * them would send a request into it.
   */
  async load(): Promise<void> {
    await within(this.#options.waits.load, this.#cache.read());
  }

  /** The state to decide on, if it is fresh enough to be used without waiting. */
  get fresh(): CircuitState | undefined {
    return this.#cache.usable;
  }

  /** The state to decide on. Waits for a read only when the known state is stale, and then not for long. */
  async current(): Promise<CircuitState> {
    const { fresh } = this;
    if (fresh !== undefined) return fresh;
    if (this.#cache.isStale) await within(this.#options.waits.read, this.#cache.read());
    const { circuit } = this.#cache;
    if (settle(circuit, this.#options.clock()) !== circuit) await this.#sendEnd();
    return this.#cache.circuit;
  }

  /** A forced state ends without this write, so a slow table gets it rarely. */
  async #sendEnd(): Promise<void> {
    const nowMs = this.#options.clock();
    if (elapsedMs(this.#endSentAtMs, nowMs) < FRESH_MS) return;
    this.#endSentAtMs = nowMs;
    await this.signal({ type: 'time' });
  }

  /** Reads the version that another instance has reported. @returns whether it is known now */
  async catchUp(version: number): Promise<boolean> {
    if (version > this.#cache.stored.version) await this.refresh();
    return version <= this.#cache.stored.version;
  }

  /** Reads what the table has now. */
  async refresh(): Promise<void> {
    await within(this.#options.waits.read, this.#cache.readConsistent());
  }

  /** Applies a signal to the circuit's newest state, even if other instances move it at the same time. */
  async signal(signal: Signal): Promise<SignalResult> {
    const { waits, onFailure } = this.#options;
    const moving = this.#move(signal);
    const moved = await within(waits.write, moving);
    if (moved === NO_ANSWER) onFailure(new Error(`the table gave no answer within ${waits.write} ms`));
    else if (moved !== undefined) return moved;
    return this.#mayMoveAlone(signal) ? this.#moveAlone(signal) : { status: 'unanswered', late: moving };
  }

  /**
   * Writes that must end before Lambda freezes the instance with the reply; undefined when there are none. It never
   * rejects and takes no longer than a write.
   */
  settled(): Promise<void> | undefined {
    if (this.#remembering.size === 0) return undefined;
    return within(this.#options.waits.write, Promise.all(this.#remembering)).then(() => undefined);
  }

  /** @returns undefined: the table fails, or other writers always win the race */
  async #move(signal: Signal): Promise<Answered | undefined> {
    const { store, timing, onTransition } = this.#options;
    for (let attempt = 1; attempt <= ATTEMPTS && this.#health.takesWrites; attempt += 1) {
      const now = this.#now();
      const { circuit: from, stored } = this.#cache;
      const next = transition(from, signal, now, timing);
      if (next === from) return { status: 'unchanged', circuit: from };
      const winner = await store.replace(from, next).catch((error) => this.#failed(error));
      if (winner === undefined) return undefined;
      this.#health.answered('write');
      this.#cache.accept(winner, now.nowMs, stored);
      // The instance that loses the race for a place does not probe: fifty that raced on would hold each other up.
      if (winner !== next && signal.type === 'probe-started')
        return { status: 'unchanged', circuit: this.#cache.circuit };
      if (winner !== next) continue;
      if (isTransition(from, next)) {
        onTransition(next, 'for all');
        this.#remember(next);
      }
      return { status: 'made', circuit: next };
    }
    return undefined;
  }

  /** A failure is only reported: the circuit has moved, even if its history lacks the transition. */
  #remember(next: CircuitState): void {
    const { store, onFailure } = this.#options;
    const remembering = store
      .remember(next)
      .catch(onFailure)
      .finally(() => this.#remembering.delete(remembering));
    this.#remembering.add(remembering);
  }

  /** An instance may stop its own calls at any time; it probes without a lease only in a longer outage of the table. */
  #mayMoveAlone({ type }: Signal): boolean {
    if (!this.#health.isFailing) return false;
    return type !== 'probe-started' || this.#health.failingForMs >= ALONE_AFTER_MS;
  }

  /** Holds until the table answers again. */
  #moveAlone(signal: Signal): Answered {
    const { timing, onTransition } = this.#options;
    const from = this.#cache.circuit;
    const next = transition(from, signal, this.#now(), timing);
    if (next === from) return { status: 'unchanged', circuit: from };
    this.#cache.moveAlone(next);
    if (isTransition(from, next)) onTransition(next, 'alone');
    return { status: 'made-alone', circuit: next };
  }

  #failed(error: unknown): undefined {
    this.#health.failed('write');
    this.#options.onFailure(error);
  }

  #now(): Now {
    return { nowMs: this.#options.clock(), random: this.#options.random() };
  }
}
