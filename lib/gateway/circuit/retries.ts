import { type RetryPolicy, SERVICE_DEFAULTS } from '../../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { NUMBER, optional, type PropKinds } from '../props/check-props.ts';
import { percentShare } from '../props/percent-share.ts';
import { wholeNumber } from '../props/whole-number.ts';

export interface RetryProps {
  /**
   * Further attempts of a request whose connection failed, up to 3, for idempotent methods only. The proxy function pauses
   * for a random time before each. `timeout` holds for all attempts together.
   *
   * @default 0
   */
  readonly retries?: number;
  /**
   * The most retries, as a percentage of all requests of the service, above 0 and up to 100; only with `retries`. Retries
   * must not multiply the load of an upstream that is down.
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

/** @throws InvalidPropError for an impossible number, and for a budget without retries */
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
