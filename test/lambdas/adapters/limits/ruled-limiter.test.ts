import { describe, expect, it } from 'vitest';
import { MemoryLimiter } from '../../../../lambdas/adapters/limits/memory-limiter.ts';
import { RuledLimiter } from '../../../../lambdas/adapters/limits/ruled-limiter.ts';
import { LIMIT_BOUNDS } from '../../../../lambdas/contract/limits/limit-bounds.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { TestClock } from '../../../support/clock.ts';
import { NO_RULES, requestOf } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';

/** The decision on one request by a limit for which operators set other numbers. */
async function decisionOf(policy: LimitPolicy, override: Partial<LimitOverride>) {
  const memory = new MemoryLimiter({ clock: new TestClock().now, shared: false });
  const overrideFor = () => ({ limit: 5000, ratePerS: null, untilMs: 0, ...override });
  const { decisions } = await new RuledLimiter(memory, { ...NO_RULES, overrideFor }).decide(
    requestOf('sub:alice', [policy]),
  );
  return decisions[0];
}

describe('limits with the numbers of operators, without Redis', () => {
  it('are of a window its limit, and of a bucket its burst and, where there is one, its rate', async () => {
    expect(await decisionOf(windowLimit(1, 1000), {})).toMatchObject({ limit: 5000, remaining: 4999 });
    expect(await decisionOf(bucketLimit(1, 1), {})).toMatchObject({ limit: 5000, remaining: 4999, resetMs: 1000 });
    expect(await decisionOf(bucketLimit(1, 1), { ratePerS: 10 })).toMatchObject({ limit: 5000, resetMs: 100 });
  });

  it('are of concurrency never more than it may have', async () => {
    const { max } = LIMIT_BOUNDS.concurrency;
    expect(await decisionOf(concurrencyLimit(1), { limit: 7 })).toMatchObject({ limit: 7, remaining: 6 });
    expect(await decisionOf(concurrencyLimit(1), { limit: max + 1 })).toMatchObject({ limit: max, remaining: max - 1 });
  });
});
