import { describe, expect, it, vi } from 'vitest';
import { MemoryCounters } from '../../../../lambdas/adapters/limits/memory-counters.ts';
import { RuledCounters } from '../../../../lambdas/adapters/limits/ruled-counters.ts';
import { LIMIT_BOUNDS } from '../../../../lambdas/contract/limits/limit-bounds.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import { FAILED, GOOD } from '../../../support/circuit/outcomes.ts';
import { TestClock } from '../../../support/clock.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';
import { NO_RULES, requestOf } from '../../../support/redis/told-redis.ts';

/** What one request is told of a limit for which operators set other numbers. */
async function told(policy: LimitPolicy, override: Partial<LimitOverride>) {
  const memory = new MemoryCounters({ clock: new TestClock().now, shared: false });
  const overrideFor = () => ({ limit: 5000, ratePerS: null, untilMs: 0, ...override });
  const { decisions } = await new RuledCounters(memory, { ...NO_RULES, overrideFor }).decide(
    requestOf('sub:alice', [policy]),
  );
  return decisions[0];
}

describe('limits with the numbers of operators, without Redis', () => {
  it('are of a window its limit, and of a bucket its burst and, where one is told, its rate', async () => {
    expect(await told(windowLimit(1, 1000), {})).toMatchObject({ limit: 5000, remaining: 4999 });
    expect(await told(bucketLimit(1, 1), {})).toMatchObject({ limit: 5000, remaining: 4999, resetMs: 1000 });
    expect(await told(bucketLimit(1, 1), { ratePerS: 10 })).toMatchObject({ limit: 5000, resetMs: 100 });
  });

  it('are of concurrency never more than it may have', async () => {
    const { max } = LIMIT_BOUNDS.concurrency;
    expect(await told(concurrencyLimit(1), { limit: 7 })).toMatchObject({ limit: 7, remaining: 6 });
    expect(await told(concurrencyLimit(1), { limit: max + 1 })).toMatchObject({ limit: max, remaining: max - 1 });
  });
});

describe('outcomes of a circuit, of which operators have no rules', () => {
  it('are counted as without them', async () => {
    const memory = new MemoryCounters({ clock: new TestClock().now, shared: false });
    const counters = new RuledCounters(memory, NO_RULES);
    await counters.record('users/1', FAILED, 1000);
    expect(await memory.record('users/1', GOOD, 1000)).toMatchObject({ total: 2, failures: 1 });
    for (let index = 0; index < FREE_RETRIES; index += 1) await counters.takeRetry('users/1', 0.1, 1000);
    expect(await memory.takeRetry('users/1', 0.1, 1000)).toBe(false);
    const endPeriod = vi.spyOn(memory, 'endPeriod');
    await counters.endPeriod('users/1', 8, 1000);
    expect(endPeriod).toHaveBeenCalledWith('users/1', 8, 1000);
  });
});
