import type { CircuitPolicy } from '../../contract/circuit/circuit-policy.ts';
import type { Cause } from '../../contract/circuit/circuit-state.ts';
import type { OutcomeCounts } from './outcome.ts';

/** When a closed circuit opens: the cause by which the counts of a window open it, or undefined. */
export type OpenStrategy = (
  window: OutcomeCounts,
  policy: CircuitPolicy,
) => Pick<Cause, 'reason' | 'figures'> | undefined;

/** Opens at a share of failures, or of slow requests, among at least `minRequests`. */
export const openByShare: OpenStrategy = ({ total, failures, slow }, policy) => {
  if (total < policy.minRequests) return undefined;
  const within = `within ${policy.windowMs / 1000} s`;
  // Divided, not multiplied: 0.07 * 100 is more than 7.
  if (failures / total >= policy.failureShare) {
    return { reason: `${failures} of ${total} calls failed ${within}`, figures: { calls: total, failures } };
  }
  if (policy.slow === null || slow / total < policy.slow.share) return undefined;
  const reason = `${slow} of ${total} calls took ${policy.slow.overMs} ms or longer ${within}`;
  return { reason, figures: { calls: total, slow } };
};
