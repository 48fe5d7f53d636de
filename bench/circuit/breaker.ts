/** What a breaker guards; it rejects where it fails. */
export type Work = () => Promise<unknown>;

/** One row of the tables. */
export interface Breaker {
  /** Rejects with what the work rejects with, or in its place while the circuit is open. */
  call(): Promise<unknown>;
  /** The same without the breaker. @default - the work */
  bare?(): Promise<unknown>;
}

/** One of this process alone. */
export interface LocalBreaker extends Breaker {
  /** Whether every call is let through. */
  isClosed(): boolean;
}

export interface BreakerSettings {
  readonly openForMs: number;
  /** Names the circuit, where it is shared. */
  readonly service: string;
}

/** What each file of `breakers` exports. */
export type MakeBreaker<B extends Breaker = Breaker> = (work: Work, settings: BreakerSettings) => B | Promise<B>;
