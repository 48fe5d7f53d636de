import { Duration } from 'aws-cdk-lib';
import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type {
  BucketLimit,
  ConcurrencyLimit,
  LimitBy,
  WindowLimit,
} from '../../../lambdas/contract/limits/limit-policy.ts';
import { isRuleName } from '../../../lambdas/contract/rule-name.ts';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import {
  checkKind,
  checkProps,
  DURATION,
  isObject,
  type Kind,
  NUMBER,
  optional,
  type PropKinds,
  required,
} from '../props/check-props.ts';
import { intervalMs } from '../props/interval.ts';
import { wholeNumber } from '../props/whole-number.ts';
import { BY, LIMIT_OPTIONS, type LimitOptions, limitOptions } from './limit-options.ts';

type Unnamed<Limit extends { readonly name: string }> = Omit<Limit, 'name'> & { readonly name: string | undefined };

/** A limit before it is known where it stands and how long the requests that it counts may take. */
export type LimitDraft = Unnamed<WindowLimit> | Unnamed<BucketLimit> | Unnamed<Omit<ConcurrencyLimit, 'leaseMs'>>;

export interface PlanLimitOptions extends LimitOptions {
  /**
   * Units for clients whose token names another plan or none.
   *
   * @default - the smallest of the plans
   */
  readonly otherwise?: number;
}

export interface TokenBucketProps {
  /** Units that come in each second, 10,000 at most and at least one in 31 days: `0.1` is one in ten seconds. */
  readonly rate: number;
  /** Units that a full bucket holds, so many as may pass at once. */
  readonly burst: number;
  /**
   * Whose requests share a bucket.
   *
   * @default 'client'
   */
  readonly by?: LimitBy;
}

export interface ConcurrencyOptions extends LimitOptions {
  /**
   * Whose requests count together.
   *
   * @default 'client'
   */
  readonly by?: LimitBy;
}

const PLAN_OPTIONS = { ...LIMIT_OPTIONS, otherwise: optional(NUMBER) } satisfies PropKinds<PlanLimitOptions>;
const CONCURRENCY_OPTIONS = { ...LIMIT_OPTIONS, by: optional(BY) } satisfies PropKinds<ConcurrencyOptions>;
const TOKEN_BUCKET = {
  rate: required(NUMBER),
  burst: required(NUMBER),
  by: optional(BY),
} satisfies PropKinds<TokenBucketProps>;
const PLANS: Kind = {
  is: (value) => isObject(value) && !Array.isArray(value) && Object.keys(value).length > 0,
  rule: 'an object with a limit for each plan',
  fix: 'write { free: 60, pro: 600 }',
};

const UNITS = {
  ...LIMIT_BOUNDS.units,
  fix: 'write RateLimit.none() to count nothing, or a longer window for less than one request',
};
const BURST = {
  ...LIMIT_BOUNDS.units,
  fix: 'a full bucket holds one request at least; write RateLimit.none() to count nothing',
};
const UNDER_WAY = {
  ...LIMIT_BOUNDS.concurrency,
  fix: 'each request under way is remembered by itself; bound more by maxConcurrency, or write RateLimit.none()',
};
const WINDOW = {
  min: Duration.millis(LIMIT_BOUNDS.windowMs.min),
  max: Duration.millis(LIMIT_BOUNDS.windowMs.max),
  reason: 'bursts under a second are what the throttle of the stage is for, and counters live in memory',
};
const RATE = LIMIT_BOUNDS.ratePerS;
const PLAN_NAME_LENGTH = 64;

export function windowDraft(by: LimitBy, limit: number, window: Duration, options: LimitOptions): LimitDraft {
  checkOptions(options, LIMIT_OPTIONS);
  return { kind: 'window', by, ...windowOf(limit, window), plans: {}, ...limitOptions(options) };
}

export function planDraft(
  plans: Readonly<Record<string, number>>,
  window: Duration,
  options: PlanLimitOptions,
): LimitDraft {
  checkOptions(options, PLAN_OPTIONS);
  checkKind('the plans of a rate limit', plans, PLANS);
  for (const [plan, limit] of Object.entries(plans)) checkPlan(plan, limit);
  const otherwise = options.otherwise ?? Math.min(...Object.values(plans));
  return {
    kind: 'window',
    by: 'client',
    ...windowOf(otherwise, window),
    plans: { ...plans },
    ...limitOptions(options),
  };
}

export function bucketDraft(props: TokenBucketProps, options: LimitOptions): LimitDraft {
  about('a token bucket', () => checkProps(props, TOKEN_BUCKET));
  checkOptions(options, LIMIT_OPTIONS);
  const { rate, by = 'client' } = props;
  if (!(rate >= RATE.min && rate <= RATE.max)) {
    throw new InvalidPropError(
      `the rate of a token bucket must be at least one unit in 31 days and at most ${RATE.max} a second, got ${rate} a second: write RateLimit.none() to count nothing, or leave more to the throttle of the stage`,
    );
  }
  const burst = wholeNumber('the burst of a token bucket', props.burst, BURST);
  return { kind: 'bucket', by, ratePerS: rate, burst, ...limitOptions(options) };
}

export function concurrencyDraft(limit: number, options: ConcurrencyOptions): LimitDraft {
  checkOptions(options, CONCURRENCY_OPTIONS);
  wholeNumber('a bound of concurrency', limit, UNDER_WAY);
  return { kind: 'concurrency', by: options.by ?? 'client', limit, ...limitOptions(options) };
}

function checkOptions<Options extends LimitOptions>(options: Options, kinds: PropKinds<Options>): void {
  about('the options of a rate limit', () => checkProps(options, kinds));
}

function windowOf(limit: number, window: Duration): Pick<WindowLimit, 'limit' | 'windowMs'> {
  wholeNumber('a rate limit', limit, UNITS);
  checkKind('the window of a rate limit', window, DURATION);
  return { limit, windowMs: intervalMs('the window of a rate limit', window, WINDOW) };
}

function checkPlan(plan: string, limit: number): void {
  // The authorizer leaves out a claim that no rule could name: such a plan would be nobody's.
  if (!isRuleName(plan) || plan.length > PLAN_NAME_LENGTH) {
    throw new InvalidPropError(
      `a plan must be 1 to ${PLAN_NAME_LENGTH} characters, well-formed, without control characters and no token, got ${JSON.stringify(plan)}: write the plan claim of your tokens`,
    );
  }
  wholeNumber(`the rate limit of plan ${plan}`, limit, UNITS);
}
