import type { WindowLimit } from '../../../contract/limits/limit-policy.ts';
import { type LimitKind, usedUp } from './limit-kind.ts';
import { EXACT_LIMIT, SlidingWindow } from './sliding-window.ts';
import { WINDOW_SCRIPT } from './window-script.ts';

/** The millisecond in which a request came counts as well: see `SlidingWindow`. */
const OWN_MS = 1;

export const window: LimitKind<WindowLimit> = {
  size: ({ limit }) => limit,
  parameter: ({ windowMs }) => windowMs + OWN_MS,
  overridden: (policy, { limit }) => ({ ...policy, limit }),
  shared: (policy, limit) => ({ ...policy, limit }),
  count: (policy) => new SlidingWindow(policy),
  script: { functions: WINDOW_SCRIPT, decide: `limit > ${EXACT_LIMIT} and sliced or exact` },
  quota: ({ windowMs }) => ({ windowS: windowMs / 1000 }),
  problem: 'rate_limited',
  refused: (decision, cost) => {
    const { policy, limit } = decision;
    return usedUp(`the limit ${policy.name} of ${limit} in ${policy.windowMs / 1000} s`, decision, cost);
  },
};
