import type { CircuitState } from '../../contract/circuit/circuit-state.ts';
import { settle } from '../../core/circuit/circuit.ts';
import { within } from '../within.ts';
import type { CircuitStore } from './circuit-store.ts';
import { elapsedMs, type KnownCircuit } from './known-circuit.ts';
import type { TableHealth } from './table-health.ts';

/** A state younger than this is used as it is; an older one is used too, while it is read again beside the request. */
export const FRESH_MS = 500;
/** A state older than this is read again before it is used, so an instance sees within a second what others did. */
export const STALE_MS = 1000;
/** The same while the table's reads fail: a request waits for one only if the last one is older than this. */
export const OUTAGE_STALE_MS = 5000;

export interface CircuitReaderOptions {
  readonly store: Pick<CircuitStore, 'read'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Called for each failed call to the table. */
  readonly onFailure: (error: unknown) => void;
}

/** Reads the circuit's state from the table into what the instance knows, mostly beside the requests. */
export class CircuitReader {
  readonly #options: CircuitReaderOptions;
  readonly #known: KnownCircuit;
  readonly #health: TableHealth;
  #pending: { readonly sinceMs: number; readonly read: Promise<void> } | undefined;

  constructor(options: CircuitReaderOptions, known: KnownCircuit, health: TableHealth) {
    this.#options = options;
    this.#known = known;
    this.#health = health;
  }

  /** The known state, if a request can use it without waiting; begins to read it again when it is no longer fresh. */
  get usable(): CircuitState | undefined {
    const nowMs = this.#options.clock();
    const { circuit } = this.#known;
    const ageMs = this.#known.ageMs(nowMs);
    if (this.#isStale(ageMs) || settle(circuit, nowMs) !== circuit) return undefined;
    if (ageMs >= FRESH_MS) void this.read();
    return circuit;
  }

  /** Reads a stale state again. */
  async refresh(timeoutMs: number): Promise<void> {
    if (this.#isStale(this.#known.ageMs())) await within(timeoutMs, this.read());
  }

  #isStale(ageMs: number): boolean {
    return ageMs >= (this.#health.readsFail ? OUTAGE_STALE_MS : STALE_MS);
  }

  /**
   * One read at a time; but a read from before a freeze of the instance does not hold up the next one. After a failure
   * the next read begins when the state is no longer fresh.
   */
  read(): Promise<void> {
    const { store, clock } = this.#options;
    const [sinceMs, stored] = [clock(), this.#known.stored];
    if (this.#pending !== undefined && elapsedMs(this.#pending.sinceMs, sinceMs) < STALE_MS) return this.#pending.read;
    const read = store
      .read()
      .then((circuit) => {
        if (circuit.version >= this.#known.stored.version) return this.#accept(circuit, sinceMs, stored);
        // An older version: either this read came before the write, or somebody set the item back.
        return this.readConsistent();
      })
      .catch((error) => {
        this.#known.confirm(sinceMs);
        this.#failed(error);
      })
      .finally(() => {
        if (this.#pending?.read === read) this.#pending = undefined;
      });
    this.#pending = { sinceMs, read };
    return read;
  }

  /** Reads the newest item, at twice the price. */
  async readConsistent(): Promise<void> {
    const { store, clock } = this.#options;
    const [sinceMs, stored] = [clock(), this.#known.stored];
    const circuit = await store.read({ consistent: true }).catch((error) => this.#failed(error));
    if (circuit !== undefined) this.#accept(circuit, sinceMs, stored);
  }

  /** While the table answers reads and fails writes, a transition made alone holds until another instance writes. */
  #accept(circuit: CircuitState, asOfMs: number, stored: CircuitState): void {
    this.#health.answered('read');
    if (this.#health.isFailing && this.#known.isStored(circuit)) this.#known.confirm(asOfMs);
    else this.#known.accept(circuit, asOfMs, stored);
  }

  #failed(error: unknown): undefined {
    this.#health.failed('read');
    this.#options.onFailure(error);
  }
}
