/** The breakers that each process of the fleet has. */
export const BREAKERS = ['opossum', 'cockatiel', 'tollgate'] as const;
export type BreakerName = (typeof BREAKERS)[number];

/** What the benchmark says to a process of the fleet, each answered by one message. */
export type Order =
  /** Takes up its calls. Answered with `Moment` at the first that is rejected. */
  | { readonly order: 'begin'; readonly breaker: BreakerName }
  /** Answered with `Moment` at the next call that the upstream answers well. */
  | { readonly order: 'await answer' }
  /** Answered with `Closed` once there is no call under way any more. */
  | { readonly order: 'halt' };

export interface Moment {
  /** Epoch milliseconds: all processes are on one machine. */
  readonly atMs: number;
}

export interface Closed {
  /** When a breaker of this process alone closed; null for one that is shared. */
  readonly closedAtMs: number | null;
}

/** What the upstream is told, answered with all `Arrival`s since it was last told something. */
export interface UpstreamOrder {
  /** Status of its answers from now on. */
  readonly status: number;
}

/** A call, and which process made it. */
export interface Arrival extends Moment {
  readonly process: number;
}

export interface Told extends Moment {
  readonly arrivals: readonly Arrival[];
}
