/** How long to wait before the next write is tried, after this many have failed in a row. */
const RETRY_MS = 1000;
const FEW_WRITES = 2;

/** Whether the table answers one instance; it may answer reads while it fails writes (throttled, or not allowed). */
export class TableHealth {
  readonly #clock: () => number;
  #failingSinceMs: number | undefined;
  #readsFail = false;
  #writesFailed = 0;
  #writtenAtMs = 0;

  /** @param clock epoch milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get isFailing(): boolean {
    return this.#failingSinceMs !== undefined;
  }

  get readsFail(): boolean {
    return this.#readsFail;
  }

  get failingForMs(): number {
    return this.#failingSinceMs === undefined ? 0 : this.#clock() - this.#failingSinceMs;
  }

  /** Whether to try a write: always while the table is well, and once a second while it answers only reads. */
  get takesWrites(): boolean {
    if (this.#readsFail) return false;
    const sinceMs = this.#clock() - this.#writtenAtMs;
    return this.#writesFailed < FEW_WRITES || sinceMs >= RETRY_MS || sinceMs < 0;
  }

  failed(what: 'read' | 'write'): void {
    const nowMs = this.#clock();
    this.#failingSinceMs ??= nowMs;
    if (what === 'read') this.#readsFail = true;
    else {
      this.#writesFailed += 1;
      this.#writtenAtMs = nowMs;
    }
  }

  /** An answered write ends the failure; an answered read does too, unless only writes had failed. */
  answered(what: 'read' | 'write'): void {
    if (what === 'read' && this.#writesFailed > 0 && !this.#readsFail) return;
    this.#failingSinceMs = undefined;
    this.#readsFail = false;
    this.#writesFailed = 0;
  }
}
