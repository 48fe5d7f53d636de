import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';

/** The answer of one limit. */
export interface Decision {
  readonly policy: LimitPolicy;
  readonly allowed: boolean;
  /** The limit that applied: the policy's own, its plan's, or an operator's; for a bucket the burst. */
  readonly limit: number;
  /** Units that would still be allowed now. */
  readonly remaining: number;
  /**
   * Milliseconds: when refused, until the same request would be allowed; when allowed, until the oldest counted one
   * leaves the window, or the bucket is full again.
   */
  readonly resetMs: number;
  /**
   * `together`: by all instances. `alone`: by this instance, against its share of the limit. `not`: not counted, since the
   * store cannot be asked; `allowed` is what the limit does then, and what remains is not known.
   */
  readonly counted: 'together' | 'alone' | 'not';
}
