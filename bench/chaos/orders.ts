/** What the benchmark says to the process of a limiter, each answered by one message. */
export type Order =
  /** Takes up the load, which goes on until the process ends. Answered as soon as Redis counts for all instances. */
  | { readonly order: 'begin' }
  /** From now on decisions are reported. */
  | { readonly order: 'watch' }
  /** Answered with a `Report` of the decisions that began since. */
  | { readonly order: 'report' }
  /** Answered with `Back` as soon as Redis counts for all instances. */
  | { readonly order: 'await redis' };

export interface Report {
  readonly decisions: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** Share of the decisions that the instance made alone, 0 … 1. */
  readonly aloneShare: number;
  /** Requests of the limited client that one instance let pass alone, the most of all instances. */
  readonly passedAlone: number;
}

export interface Back {
  /** Epoch milliseconds of the last decision that an instance made alone; 0: there was none. */
  readonly lastAloneMs: number;
}
