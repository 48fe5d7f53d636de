import { LIMIT_BOUNDS } from '../../../lambdas/contract/limits/limit-bounds.ts';
import type { BucketLimit, LimitBy } from '../../../lambdas/contract/limits/limit-policy.ts';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import { checkProps, NUMBER, optional, type PropKinds, required } from '../props/check-props.ts';
import { wholeNumber } from '../props/whole-number.ts';
import { BY, LIMIT_OPTIONS, type LimitOptions, limitOptions } from './limit-options.ts';

export interface TokenBucketProps {
  /** Units that come in each second, 10,000 at most and at least one in 31 days: `0.1` is one in ten seconds. */
  readonly rate: number;
  /** Units that a full bucket holds: this many may pass at once. */
  readonly burst: number;
  /**
   * Whose requests share a bucket.
   *
   * @default 'client'
   */
  readonly by?: LimitBy;
}

const TOKEN_BUCKET = {
  rate: required(NUMBER),
  burst: required(NUMBER),
  by: optional(BY),
} satisfies PropKinds<TokenBucketProps>;
const BURST = {
  ...LIMIT_BOUNDS.units,
  fix: 'a full bucket holds one request at least; write RateLimit.none() to count nothing',
};
const RATE = LIMIT_BOUNDS.ratePerS;

export function bucketLimit(props: TokenBucketProps, options: LimitOptions): BucketLimit {
  about('a token bucket', () => checkProps(props, TOKEN_BUCKET));
  const checked = limitOptions(options, LIMIT_OPTIONS);
  const { rate, by = 'client' } = props;
  if (!(rate >= RATE.min && rate <= RATE.max)) {
    throw new InvalidPropError(
      `the rate of a token bucket must be at least one unit in 31 days and at most ${RATE.max} a second, got ${rate} a second: write RateLimit.none() to count nothing, or leave more to the throttle of the stage`,
    );
  }
  const burst = wholeNumber('the burst of a token bucket', props.burst, BURST);
  return { kind: 'bucket', by, ...checked, ratePerS: rate, burst };
}
