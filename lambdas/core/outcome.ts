import type { CircuitPolicy } from '../contract/policy.ts';

/** How many requests a window holds, and how many of them failed. */
export interface OutcomeCounts {
  readonly total: number;
  readonly failures: number;
}

/** True for an answer that speaks of the upstream's health; a client's own error (4xx) never does. */
export function isFailure(status: number): boolean {
  return status >= 500;
}

/** Why the counts open a circuit, or undefined when they do not. */
export function tripReason(counts: OutcomeCounts, policy: CircuitPolicy): string | undefined {
  // Divided, not multiplied: 0.07 * 100 is more than 7.
  if (counts.total < policy.minRequests || counts.failures / counts.total < policy.failureShare) return undefined;
  return `${counts.failures} of ${counts.total} requests failed within ${policy.windowMs / 1000} s`;
}
