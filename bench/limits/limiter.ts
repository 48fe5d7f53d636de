import type { Redis } from 'ioredis';

/** One row of the tables: something that decides whether a client's request may pass, over one connection to Redis. */
export interface Limiter {
  /** True when the request may pass. @throws when Redis fails */
  ask(client: string): Promise<boolean>;
  /** Counts `units` at once, where a window must be filled that would take too many requests. */
  fill?(client: string, units: number): Promise<void>;
}

export interface LimiterSettings {
  readonly limit: number;
  readonly windowMs: number;
  /** So many limits at once, of Tollgate only. */
  readonly limits: number;
}

/** What each file of `limiters` exports. */
export type MakeLimiter = (redis: Redis, settings: LimiterSettings) => Limiter | Promise<Limiter>;
