import { isDeepStrictEqual } from 'node:util';
import type { CircuitTiming } from '../../contract/circuit/circuit-policy.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../contract/circuit/circuit-state.ts';
import { settle } from '../../core/circuit/circuit.ts';
import { bounded } from '../../core/circuit/circuit-bounds.ts';
import type { CircuitStore } from './circuit-store.ts';
import type { TableHealth } from './table-health.ts';

/** A state younger than this is used as it is; an older one is used too, while it is read again beside the request. */
export const FRESH_MS = 500;
/** A state older than this is read again before it is used, so an instance sees within a second what others did. */
export const STALE_MS = 1000;
/** The same while the table's reads fail: a request waits for one only if the last one is older than this. */
export const OUTAGE_STALE_MS = 5000;

export interface CircuitCacheOptions {
  readonly store: Pick<CircuitStore, 'read'>;
  readonly timing: CircuitTiming;
  /** The longest that a probe may take: a longer lease comes from an instance whose clock is far off. */
  readonly leaseMs: number;
  /** Epoch milliseconds, which go on while Lambda freezes the instance. */
  readonly clock: () => number;
  /** Called for each failed call to the table. */
  readonly onFailure: (error: unknown) => void;
}

/** The circuit as an instance knows it: the state that the table had last, and the state that requests use. */
export class CircuitCache {
  readonly #options: CircuitCacheOptions;
  readonly #health: TableHealth;
  #stored: CircuitState = INITIAL_CIRCUIT;
  #circuit: CircuitState = INITIAL_CIRCUIT;
  /** When this instance first read the stored state. */
  #seenAtMs = 0;
  /** When the last read began: its answer shows the table at that time, however late it arrives. */
  #asOfMs = Number.NEGATIVE_INFINITY;
  #pending: { readonly sinceMs: number; readonly read: Promise<void> } | undefined;

  constructor(options: CircuitCacheOptions, health: TableHealth) {
    this.#options = options;
    this.#health = health;
  }

  get stored(): CircuitState {
    return this.#stored;
  }

  /** Within the policy's bounds, and moved by this instance alone while the table fails. */
  get circuit(): CircuitState {
    return this.#circuit;
  }

  /** The state, if a request can use it without waiting. Begins to read it again when it is no longer fresh. */
  get usable(): CircuitState | undefined {
    const nowMs = this.#options.clock();
    if (this.isStale || settle(this.#circuit, nowMs) !== this.#circuit) return undefined;
    if (elapsedMs(this.#asOfMs, nowMs) >= FRESH_MS) void this.read();
    return this.#circuit;
  }

  get isStale(): boolean {
    const ageMs = elapsedMs(this.#asOfMs, this.#options.clock());
    return ageMs >= (this.#health.readsFail ? OUTAGE_STALE_MS : STALE_MS);
  }

  /** Holds until the next answer of the table. */
  moveAlone(next: CircuitState): void {
    this.#circuit = next;
  }

  /** Takes in a state from the table. @param before the stored state when the call began */
  accept(circuit: CircuitState, asOfMs: number, before: CircuitState): void {
    const { clock, timing, leaseMs } = this.#options;
    const nowMs = clock();
    // An older version counts only if no newer answer came meanwhile: then somebody has set the item back.
    if (circuit.version >= this.#stored.version || this.#stored === before) {
      this.#asOfMs = asOfMs;
      // The bounds begin at this time; if each read began them anew, an open circuit would never end.
      if (!isDeepStrictEqual(circuit, this.#stored)) {
        this.#stored = circuit;
        this.#seenAtMs = nowMs;
      }
    }
    // If the clock was set back, now counts as the first time.
    this.#seenAtMs = Math.min(this.#seenAtMs, nowMs);
    this.#circuit = bounded(this.#stored, { atMs: this.#seenAtMs, known: this.#circuit, leaseMs }, timing);
  }

  /**
   * One read at a time; but a read from before a freeze of the instance does not hold up the next one. After a failure
   * the next read begins when the state is no longer fresh.
   */
  read(): Promise<void> {
    const [sinceMs, before] = [this.#options.clock(), this.#stored];
    if (this.#pending !== undefined && elapsedMs(this.#pending.sinceMs, sinceMs) < STALE_MS) return this.#pending.read;
    const read = this.#options.store
      .read()
      .then((circuit) => {
        if (circuit.version >= this.#stored.version) return this.#acceptRead(circuit, sinceMs, before);
        // An older version: either this read came before the write, or somebody set the item back.
        return this.readConsistent();
      })
      .catch((error) => {
        this.#asOfMs = sinceMs;
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
    const [sinceMs, before] = [this.#options.clock(), this.#stored];
    const circuit = await this.#options.store.read({ consistent: true }).catch((error) => this.#failed(error));
    if (circuit !== undefined) this.#acceptRead(circuit, sinceMs, before);
  }

  /** While the table answers reads and fails writes, a transition made alone holds until another instance writes. */
  #acceptRead(circuit: CircuitState, asOfMs: number, before: CircuitState): void {
    this.#health.answered('read');
    if (this.#health.isFailing && isDeepStrictEqual(circuit, this.#stored)) this.#asOfMs = asOfMs;
    else this.accept(circuit, asOfMs, before);
  }

  #failed(error: unknown): undefined {
    this.#health.failed('read');
    this.#options.onFailure(error);
  }
}

/** Infinite if the clock was set back: the age is then unknown. */
export function elapsedMs(atMs: number, nowMs: number): number {
  return nowMs >= atMs ? nowMs - atMs : Number.POSITIVE_INFINITY;
}
