import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { isTransition, type Now, type Signal, settle, transition } from '../../core/circuit/circuit.ts';
import { NO_ANSWER, within } from '../within.ts';
import type { CircuitStore } from './circuit-store.ts';
import { elapsedMs, KnownCircuit, type KnownCircuitOptions } from './known-circuit.ts';
import { TableHealth } from './table-health.ts';

/** A state younger than this is used as it is; an older one, too, while it is read again beside the request. */
export const FRESH_MS = 500;
/** A state older than this is not used before it was read again: what others did is known within a second. */
export const STALE_MS = 1000;
/** While the table fails it is asked beside the requests; only who has not asked it for so long waits for its answer. */
export const OUTAGE_STALE_MS = 5000;
/** For so long the table must have failed before an instance sends probes of which no other knows. */
export const ALONE_AFTER_MS = 2000;
/**
 * How long others wait for the table, in milliseconds. A request may meet one read and three writes, and then wait for
 * what is still to be written: together they stay within what a function has beside its upstream.
 */
export const WAITS = {
  /** An instance that starts, for its first state: the table's client, its connection and one read. */
  load: 1000,
  /** A request, for a state that it cannot do without. */
  read: 200,
  /** A request, for a transition to be written. */
  write: 150,
} as const;

/** Writers that get ahead of this one before it gives up: more than there can be probes that report at once. */
const ATTEMPTS = 50;

export interface CircuitViewOptions extends KnownCircuitOptions {
  readonly store: Pick<CircuitStore, 'read' | 'replace' | 'remember'>;
  /** 0 <= x < 1. */
  readonly random: () => number;
  /** @default WAITS */
  readonly waits?: Readonly<Record<keyof typeof WAITS, number>>;
  /** Called once for each transition that this process made; `alone`: in no table, for itself only. */
  readonly onTransition: (next: CircuitState, made: 'for all' | 'alone') => void;
  /** Called for each failed call to the table. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * What became of a signal: made for all, or for this instance alone while the table fails; or it changes nothing on what
 * stands.
 */
export interface Answered {
  readonly status: 'made' | 'made-alone' | 'unchanged';
  readonly circuit: CircuitState;
}

/** The table is slow, so nobody knows yet what became of a signal. */
export interface Unanswered {
  readonly status: 'unanswered';
  /** What will have become of it; undefined where nothing will. */
  readonly late: Promise<Answered | undefined>;
}

export type SignalResult = Answered | Unanswered;

/**
 * This instance's view of its service's circuit: the last known state, refreshed off the request's path. While the
 * table fails the instance goes on from there by itself, as if it were the only one.
 */
export class CircuitView {
  readonly #options: Required<CircuitViewOptions>;
  readonly #known: KnownCircuit;
  /** When what time made of the circuit was last sent to the table. */
  #writtenDownAtMs = Number.NEGATIVE_INFINITY;
  readonly #health: TableHealth;
  /** Transitions on their way into the history. */
  readonly #remembering = new Set<Promise<void>>();
  #pending: { readonly sinceMs: number; readonly read: Promise<void> } | undefined;

  constructor(options: CircuitViewOptions) {
    this.#options = { waits: WAITS, ...options };
    this.#known = new KnownCircuit(options);
    this.#health = new TableHealth(options.clock);
  }

  /**
   * Reads the state before the first request. An outage of an upstream brings a burst of new instances, and each of
   * them would send a request into it.
   */
  async load(): Promise<void> {
    await within(this.#options.waits.load, this.#read());
  }

  /** The state to decide on, where it is known well enough to be used without waiting for anything. */
  get known(): CircuitState | undefined {
    const nowMs = this.#options.clock();
    const { circuit } = this.#known;
    const ageMs = this.#known.ageMs(nowMs);
    if (this.#isStale(ageMs) || settle(circuit, nowMs) !== circuit) return undefined;
    if (ageMs >= FRESH_MS) void this.#read();
    return circuit;
  }

  /** The state to decide on. Waits for a read only when what is known is stale, and then not for long. */
  async current(): Promise<CircuitState> {
    const { known } = this;
    if (known !== undefined) return known;
    if (this.#isStale(this.#known.ageMs())) await within(this.#options.waits.read, this.#read());
    const { circuit } = this.#known;
    if (settle(circuit, this.#options.clock()) !== circuit) await this.#writeDown();
    return this.#known.circuit;
  }

  #isStale(ageMs: number): boolean {
    return ageMs >= (this.#health.readsFail ? OUTAGE_STALE_MS : STALE_MS);
  }

  /** What time has made of the circuit holds without that, so a table that is slow is asked now and then only. */
  async #writeDown(): Promise<void> {
    if (this.#since(this.#writtenDownAtMs) < FRESH_MS) return;
    this.#writtenDownAtMs = this.#options.clock();
    await this.signal({ type: 'time' });
  }

  /** Takes in what others made of the circuit, of which somebody told. @returns whether it is known now */
  async learn(version: number): Promise<boolean> {
    if (version > this.#known.stored.version) await this.refresh();
    return version <= this.#known.stored.version;
  }

  /** Reads what the table has now. */
  async refresh(): Promise<void> {
    await within(this.#options.waits.read, this.#readNow());
  }

  /** Applies a signal to what stands, whoever else moves the circuit at the same time. */
  async signal(signal: Signal): Promise<SignalResult> {
    const { waits, onFailure } = this.#options;
    const moving = this.#move(signal);
    const moved = await within(waits.write, moving);
    if (moved === NO_ANSWER) onFailure(new Error(`the table gave no answer within ${waits.write} ms`));
    else if (moved !== undefined) return moved;
    return this.#mayMoveAlone(signal) ? this.#moveAlone(signal) : { status: 'unanswered', late: moving };
  }

  /**
   * What is still to be written and must not be left to an instance that Lambda freezes with the reply; undefined when
   * there is nothing. It never rejects and takes no longer than a write.
   */
  settled(): Promise<void> | undefined {
    if (this.#remembering.size === 0) return undefined;
    return within(this.#options.waits.write, Promise.all(this.#remembering)).then(() => undefined);
  }

  /** @returns undefined: the table fails, or others always come first */
  async #move(signal: Signal): Promise<Answered | undefined> {
    const { store, timing, onTransition } = this.#options;
    for (let attempt = 1; attempt <= ATTEMPTS && this.#health.takesWrites; attempt += 1) {
      const now = this.#now();
      const { circuit: from, stored } = this.#known;
      const next = transition(from, signal, now, timing);
      if (next === from) return { status: 'unchanged', circuit: from };
      const stands = await store.replace(from, next).catch((error) => this.#failed('write', error));
      if (stands === undefined) return undefined;
      this.#health.answered('write');
      this.#known.take(stands, now.nowMs, stored);
      // Whoever loses the race for a place has another to try the upstream: fifty who raced on would hold each other up.
      if (stands !== next && signal.type === 'probe-started')
        return { status: 'unchanged', circuit: this.#known.circuit };
      if (stands !== next) continue;
      if (isTransition(from, next)) {
        onTransition(next, 'for all');
        this.#remember(next);
      }
      return { status: 'made', circuit: next };
    }
    return undefined;
  }

  /** The circuit has moved, whether its history knows of it or not. */
  #remember(next: CircuitState): void {
    const { store, onFailure } = this.#options;
    const remembering = store
      .remember(next)
      .catch(onFailure)
      .finally(() => this.#remembering.delete(remembering));
    this.#remembering.add(remembering);
  }

  /** To leave an upstream alone needs nobody's consent; to try it without the others does not come at the first failure. */
  #mayMoveAlone({ type }: Signal): boolean {
    if (!this.#health.isFailing) return false;
    return type !== 'probe-started' || this.#health.failingForMs >= ALONE_AFTER_MS;
  }

  /** Until the table answers again. */
  #moveAlone(signal: Signal): Answered {
    const { timing, onTransition } = this.#options;
    const from = this.#known.circuit;
    const next = transition(from, signal, this.#now(), timing);
    if (next === from) return { status: 'unchanged', circuit: from };
    this.#known.moveAlone(next);
    if (isTransition(from, next)) onTransition(next, 'alone');
    return { status: 'made-alone', circuit: next };
  }

  /** One read at a time, unless it has been under way since before a freeze; a failed one is tried again when it is no longer fresh. */
  #read(): Promise<void> {
    if (this.#pending !== undefined && this.#since(this.#pending.sinceMs) < STALE_MS) return this.#pending.read;
    const { store, clock } = this.#options;
    const [sinceMs, stored] = [clock(), this.#known.stored];
    const read = store
      .read()
      .then((circuit) => {
        if (circuit.version >= this.#known.stored.version) return this.#takeRead(circuit, sinceMs, stored);
        // Older than what is known: this read came too early, or somebody set the item back by hand.
        return this.#readNow();
      })
      .catch((error) => {
        this.#known.stands(sinceMs);
        this.#failed('read', error);
      })
      .finally(() => {
        if (this.#pending?.read === read) this.#pending = undefined;
      });
    this.#pending = { sinceMs, read };
    return read;
  }

  async #readNow(): Promise<void> {
    const { store, clock } = this.#options;
    const [sinceMs, stored] = [clock(), this.#known.stored];
    const circuit = await store.read({ consistent: true }).catch((error) => this.#failed('read', error));
    if (circuit !== undefined) this.#takeRead(circuit, sinceMs, stored);
  }

  /** While the table can be read and not be written, what was made alone stands until somebody else writes. */
  #takeRead(circuit: CircuitState, asOfMs: number, stored: CircuitState): void {
    this.#health.answered('read');
    if (this.#health.isFailing && this.#known.isStored(circuit)) this.#known.stands(asOfMs);
    else this.#known.take(circuit, asOfMs, stored);
  }

  #failed(what: 'read' | 'write', error: unknown): undefined {
    this.#health.failed(what);
    this.#options.onFailure(error);
  }

  #now(): Now {
    return { nowMs: this.#options.clock(), random: this.#options.random() };
  }

  #since(atMs: number): number {
    return elapsedMs(atMs, this.#options.clock());
  }
}
