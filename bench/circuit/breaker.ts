/** What a breaker guards; it rejects where it fails. */
export type Work = () => Promise<unknown>;

/** One row of the tables. */
export interface Breaker {
  /** Rejects with what the work rejects with, or in its place while the circuit is open. */
  call(): Promise<unknown>;
  /** Whether every call is let through. */
  isClosed(): boolean;
}

export interface BreakerSettings {
  readonly openForMs: number;
  /** Names the circuit, where it is shared. */
  readonly service: string;
}

/** What each file of `breakers` exports. */
export type MakeBreaker = (work: Work, settings: BreakerSettings) => Breaker | Promise<Breaker>;
