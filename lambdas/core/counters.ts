import type { RateLimitPolicy } from '../contract/policy.ts';
import type { Decision } from './decision.ts';
import type { OutcomeCounts } from './outcome.ts';

/** The store that counts. It is fast, may be shared, and is allowed to be lost. */
export interface Counters {
  /** Counts one request of `subject` against `policy`. @throws when the store cannot tell */
  decide(subject: string, policy: RateLimitPolicy): Promise<Decision>;
  /** Counts one outcome of `circuit`. @throws when the store cannot tell */
  record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts>;
}
