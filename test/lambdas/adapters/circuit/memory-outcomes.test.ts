import { describe, expect, it } from 'vitest';
import { MemoryOutcomes } from '../../../../lambdas/adapters/circuit/memory-outcomes.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import { FAILED, GOOD, SLOW } from '../../../support/circuit/outcomes.ts';
import { TestClock } from '../../../support/clock.ts';

describe('outcomes in memory', () => {
  it('are counted for each period apart, by the clock', async () => {
    const clock = new TestClock();
    const outcomes = new MemoryOutcomes(clock.now);
    await outcomes.record('shop/users/1', FAILED, 10_000);
    expect(await outcomes.record('shop/users/1', SLOW, 10_000)).toMatchObject({
      total: 2,
      failures: 1,
      slow: 1,
      endedBy: 0,
    });
    expect(await outcomes.record('shop/users/2', FAILED, 10_000)).toMatchObject({
      total: 1,
      failures: 1,
      slow: 0,
      endedBy: 0,
    });
    clock.advance(10_000);
    expect(await outcomes.record('shop/users/1', GOOD, 10_000)).toMatchObject({
      total: 1,
      failures: 0,
      slow: 0,
      endedBy: 0,
    });
  });

  it('are of nobody else, so nobody tells of a period that is over', async () => {
    const outcomes = new MemoryOutcomes(new TestClock().now);
    await outcomes.endPeriod();
    expect(await outcomes.record('shop/users/1', FAILED, 10_000)).toMatchObject({ endedBy: 0 });
  });

  it('have a budget of retries beside them: a few, or a share of the window’s requests', async () => {
    const clock = new TestClock();
    const outcomes = new MemoryOutcomes(clock.now);
    const taken = async (times: number, period = 'shop/users/1') => {
      let count = 0;
      for (let index = 0; index < times; index += 1) if (await outcomes.takeRetry(period, 0.1, 10_000)) count += 1;
      return count;
    };
    expect(await taken(10)).toBe(FREE_RETRIES);
    await outcomes.record('shop/users/1', { total: 50, failures: 0, slow: 0 }, 10_000);
    expect(await taken(10)).toBe(5 - FREE_RETRIES);
    expect(await taken(10, 'shop/users/2')).toBe(FREE_RETRIES);
    clock.advance(10_000);
    expect(await taken(10)).toBe(FREE_RETRIES);
  });
});
