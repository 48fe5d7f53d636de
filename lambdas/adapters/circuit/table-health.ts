/** A table that takes no writes is asked so often whether it does again; that one has failed says little. */
const RETRY_MS = 1000;
const FEW_WRITES = 2;

/** What one instance knows of how its table answers; reads may do while writes do not (throttled, or not allowed). */
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

  /** Whether a write is to be tried: always while the table is well, and once a second while it only reads. */
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

  /** A write that is answered says that all is well; so does a read, but where reads have been answered all along. */
  answered(what: 'read' | 'write'): void {
    if (what === 'read' && this.#writesFailed > 0 && !this.#readsFail) return;
    this.#failingSinceMs = undefined;
    this.#readsFail = false;
    this.#writesFailed = 0;
  }
}
