type Close = () => Promise<void> | void;

/** Closes what was started, in reverse order. */
export class Closers {
  readonly #closers: Close[] = [];

  add<T extends { close(): Promise<void> | void }>(started: T): T {
    this.#closers.push(() => started.close());
    return started;
  }

  push(close: Close): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}
