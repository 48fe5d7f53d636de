import type { LimitPolicy } from '../contract/policy.ts';

/** What one limit answered. */
export interface Decision {
  readonly policy: LimitPolicy;
  readonly allowed: boolean;
  /** The limit that held: the policy's own, its plan's, or an operator's. Of a bucket its burst. */
  readonly limit: number;
  /** Units that would still be allowed now. */
  readonly remaining: number;
  /**
   * Milliseconds: when refused, until the same request would be allowed; when allowed, until the oldest counted one
   * leaves the window, or the bucket is full again.
   */
  readonly resetMs: number;
  /** True when this environment counted alone, against a share of the limit. */
  readonly local: boolean;
}
