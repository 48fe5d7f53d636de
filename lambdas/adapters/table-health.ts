/** A table that takes no writes is asked so often whether it does again. */
const RETRY_MS = 1000;

/** What one environment knows of how its table answers; reads may do while writes do not (throttled, or not allowed). */
export class TableHealth {
  readonly #clock: () => number;
  #failingSinceMs: number | undefined;
  /** What has failed since it was last answered. */
  readonly #failing = new Set<'read' | 'write'>();
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  /** @param clock epoch milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get isFailing(): boolean {
    return this.#failingSinceMs !== undefined;
  }

  get readsFail(): boolean {
    return this.#failing.has('read');
  }

  get failingForMs(): number {
    return this.#failingSinceMs === undefined ? 0 : this.#clock() - this.#failingSinceMs;
  }

  /** Whether a write is to be tried: always while the table is well, and once a second while it only reads. */
  mayWrite(): boolean {
    if (!this.isFailing) return true;
    const sinceMs = this.#clock() - this.#writtenAtMs;
    return !this.readsFail && (sinceMs >= RETRY_MS || sinceMs < 0);
  }

  failed(what: 'read' | 'write'): void {
    this.#failingSinceMs ??= this.#clock();
    this.#failing.add(what);
    if (what === 'write') this.#writtenAtMs = this.#clock();
  }

  /** A write that is answered says that all is well; so does a read, but where reads have been answered all along. */
  answered(what: 'read' | 'write'): void {
    const onlyReads = what === 'read' && this.#failing.has('write') && !this.readsFail;
    if (onlyReads) return;
    this.#failing.clear();
    this.#failingSinceMs = undefined;
  }
}
