/** Further attempts within a window that need no share, so that a rarely called service retries as well. */
export const FREE_RETRIES = 3;

/** Whether one more attempt stays within its share of the requests. */
export function allowsRetry(retries: number, requests: number, budgetShare: number): boolean {
  return retries < Math.max(FREE_RETRIES, budgetShare * requests);
}

/** Further attempts that all instances share. It never rejects. */
export interface RetryBudget {
  /** Takes one further attempt; false: there is none left. */
  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean>;
}
