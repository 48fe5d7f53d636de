import { type RetryPolicy, SERVICE_DEFAULTS } from '../../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { NUMBER, optional, type PropKinds } from '../props/check-props.ts';
import { percentShare } from '../props/percent-share.ts';
import { wholeNumber } from '../props/whole-number.ts';

export interface RetryProps {
  /**
   * How often a request is sent again that the upstream could not act on, up to 3: one of an idempotent method whose
   * connection failed. There is a pause before each, of random length, and `timeout` holds for all attempts together.
   *
   * @default 0
   */
  readonly retries?: number;
  /**
   * How many requests may be such attempts, as a percentage of all requests of the service: when the upstream is down,
   * attempts must not multiply what it is sent. Above 0 and up to 100; only with `retries`.
   *
   * @default 10
   */
  readonly retryBudgetPercent?: number;
}

export const RETRY_PROPS = {
  retries: optional(NUMBER),
  retryBudgetPercent: optional(NUMBER),
} satisfies PropKinds<RetryProps>;

const RETRIES = { min: 0, max: 3, fix: 'write 1 or 2, and leave what fails more often to the circuit' };

/** @throws InvalidPropError for a number that cannot be, and for a budget of nothing */
export function retryPolicy({ retries = 0, retryBudgetPercent }: RetryProps): RetryPolicy | null {
  const attempts = wholeNumber('retries', retries, RETRIES);
  if (attempts > 0) {
    const what = '10 lets one attempt more be made for ten requests';
    return { attempts, budgetShare: percentShare('retryBudgetPercent', retryBudgetPercent ?? 10, what) };
  }
  if (retryBudgetPercent === undefined) return SERVICE_DEFAULTS.retry;
  throw new InvalidPropError(
    `retryBudgetPercent must come with retries, got ${retryBudgetPercent} with none: write retries: 1, or leave it out`,
  );
}
