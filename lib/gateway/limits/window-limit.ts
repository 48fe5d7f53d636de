import { Duration } from 'aws-cdk-lib';
import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type { LimitBy, WindowLimit } from '../../../lambdas/contract/limits/limit-policy.ts';
import { isRuleName } from '../../../lambdas/contract/rule-name.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { checkKind, DURATION, isObject, type Kind, NUMBER, optional, type PropKinds } from '../props/check-props.ts';
import { intervalMs } from '../props/interval.ts';
import { wholeNumber } from '../props/whole-number.ts';
import { LIMIT_OPTIONS, type LimitOptions, limitOptions } from './limit-options.ts';

export interface PlanLimitOptions extends LimitOptions {
  /**
   * Limit of clients whose token names another plan or none.
   *
   * @default - the smallest of the plans
   */
  readonly otherwise?: number;
}

const PLAN_OPTIONS = { ...LIMIT_OPTIONS, otherwise: optional(NUMBER) } satisfies PropKinds<PlanLimitOptions>;
const PLANS: Kind = {
  is: (value) => isObject(value) && !Array.isArray(value) && Object.keys(value).length > 0,
  rule: 'an object with a limit for each plan',
  fix: 'write { free: 60, pro: 600 }',
};
const UNITS = {
  ...LIMIT_BOUNDS.units,
  fix: 'write RateLimit.none() to count nothing, or a longer window for less than one request',
};
const WINDOW = {
  min: Duration.millis(LIMIT_BOUNDS.windowMs.min),
  max: Duration.millis(LIMIT_BOUNDS.windowMs.max),
  reason: 'bursts under a second are what the throttle of the stage is for, and counters live in memory',
};
const PLAN_NAME_LENGTH = 64;

export function windowLimit(by: LimitBy, limit: number, window: Duration, options: LimitOptions): WindowLimit {
  return { kind: 'window', by, ...limitOptions(options, LIMIT_OPTIONS), ...windowOf(limit, window), plans: {} };
}

export function planLimit(
  plans: Readonly<Record<string, number>>,
  window: Duration,
  options: PlanLimitOptions,
): WindowLimit {
  const checked = limitOptions(options, PLAN_OPTIONS);
  checkKind('the plans of a rate limit', plans, PLANS);
  for (const [plan, limit] of Object.entries(plans)) checkPlan(plan, limit);
  const otherwise = options.otherwise ?? Math.min(...Object.values(plans));
  return { kind: 'window', by: 'client', ...checked, ...windowOf(otherwise, window), plans: { ...plans } };
}

function windowOf(limit: number, window: Duration): Pick<WindowLimit, 'limit' | 'windowMs'> {
  wholeNumber('a rate limit', limit, UNITS);
  checkKind('the window of a rate limit', window, DURATION);
  return { limit, windowMs: intervalMs('the window of a rate limit', window, WINDOW) };
}

function checkPlan(plan: string, limit: number): void {
  // The authorizer drops a claim that no rule can name, so no client would have such a plan.
  if (!isRuleName(plan) || plan.length > PLAN_NAME_LENGTH) {
    throw new InvalidPropError(
      `a plan must be 1 to ${PLAN_NAME_LENGTH} characters, well-formed, without control characters and no token, got ${JSON.stringify(plan)}: write the plan claim of your tokens`,
    );
  }
  wholeNumber(`the rate limit of plan ${plan}`, limit, UNITS);
}
