import { beforeEach, describe, expect, it } from 'vitest';
import { fallbackOutcomes } from '../../../../lambdas/adapters/circuit/fallback-outcomes.ts';
import { MemoryOutcomes } from '../../../../lambdas/adapters/circuit/memory-outcomes.ts';
import { DecodeError } from '../../../../lambdas/contract/decode.ts';
import type { OutcomeReport } from '../../../../lambdas/core/circuit/outcome.ts';
import type { OutcomeCounter } from '../../../../lambdas/core/circuit/outcome-counter.ts';
import { FREE_RETRIES, type RetryBudget } from '../../../../lambdas/core/circuit/retry-budget.ts';
import { FAILED, GOOD, SLOW } from '../../../support/circuit/outcomes.ts';
import { TestClock } from '../../../support/clock.ts';
import { LosableStore } from '../../../support/redis/losable-store.ts';

/** What the shared store answers, when it does. */
const RECORDED: OutcomeReport = { total: 100, failures: 50, slow: 20, endedBy: 7, isSteady: false };

/** Counts in the shared store. */
class Shared implements OutcomeCounter, RetryBudget {
  /** What the store answers in place of counting an outcome. */
  fault: Error | undefined;

  async record() {
    store.answer('record');
    if (this.fault) throw this.fault;
    return RECORDED;
  }

  async endPeriod(period: string, version: number): Promise<void> {
    store.answer(`end ${period} by ${version}`);
  }

  async takeRetry(): Promise<boolean> {
    store.answer('retry');
    return false;
  }
}

let clock: TestClock;
let store: LosableStore;
let shared: Shared;
let outcomes: OutcomeCounter & RetryBudget;

beforeEach(() => {
  clock = new TestClock();
  store = new LosableStore(clock);
  shared = new Shared();
  outcomes = fallbackOutcomes(shared, new MemoryOutcomes(clock.now), store.breaker);
});

describe('while the shared store answers', () => {
  it('it alone counts, and what it says holds', async () => {
    expect(await outcomes.record('circuit', FAILED, 1000)).toBe(RECORDED);
    await outcomes.endPeriod('circuit', 8, 1000);
    expect(await outcomes.takeRetry('circuit', 0.1, 1000)).toBe(false);
    expect(store.asked).toEqual(['record', 'end circuit by 8', 'retry']);
    expect([store.changes, store.failures]).toEqual([[], 0]);
  });
});

describe('a call that fails', () => {
  it.each([
    [
      'an outcome',
      () => outcomes.record('circuit', FAILED, 1000),
      { total: 1, failures: 1, slow: 0, endedBy: 0, isSteady: true },
    ],
    ['the end of a period', () => outcomes.endPeriod('circuit', 8, 1000), undefined],
    ['a retry', () => outcomes.takeRetry('circuit', 0.1, 1000), true],
  ] as const)('and is %s is answered here, and keeps the later ones away', async (_, call, answer) => {
    store.lost = true;
    const given = await call();
    if (typeof answer === 'object') expect(given).toMatchObject(answer);
    else expect(given).toBe(answer);
    await call();
    expect(store.asked).toHaveLength(1);
    expect([store.changes, store.failures]).toEqual([['lost'], 1]);
  });
});

describe('while the store is lost, a circuit', () => {
  beforeEach(() => store.lose());

  it('has its outcomes counted here, by the clock, and nobody ends its period', async () => {
    await outcomes.record('one', FAILED, 1000);
    await outcomes.endPeriod('one', 8, 1000);
    expect(await outcomes.record('one', SLOW, 1000)).toMatchObject({ total: 2, failures: 1, slow: 1, endedBy: 0 });
    expect(await outcomes.record('two', FAILED, 1000)).toMatchObject({ total: 1, failures: 1, slow: 0, endedBy: 0 });
    clock.advance(1000);
    expect(await outcomes.record('one', GOOD, 1000)).toMatchObject({ total: 1, failures: 0, slow: 0, endedBy: 0 });
  });

  it('has a budget of retries here', async () => {
    const taken = [];
    for (let index = 0; index <= FREE_RETRIES; index += 1) taken.push(await outcomes.takeRetry('one', 0.1, 1000));
    expect(taken).toEqual([...Array.from({ length: FREE_RETRIES }, () => true), false]);
    await outcomes.record('one', { total: 40, failures: 0, slow: 0 }, 1000);
    expect(await outcomes.takeRetry('one', 0.1, 1000)).toBe(true);
    expect(await outcomes.takeRetry('one', 0.1, 1000)).toBe(false);
  });

  it('has them counted together when the store is back', async () => {
    await store.recover();
    expect(await outcomes.record('one', GOOD, 1000)).toBe(RECORDED);
    expect(await outcomes.takeRetry('one', 0.1, 1000)).toBe(false);
  });
});

describe('an answer about the counts of one circuit that is an error or nonsense', () => {
  it.each([
    Object.assign(new Error('WRONGTYPE'), { name: 'ReplyError' }),
    new DecodeError('record', 'an array of 4', []),
  ])('has them counted alone, and leaves all other calls to the store: %o', async (fault) => {
    shared.fault = fault;
    for (let time = 1; time <= 3; time += 1) {
      expect(await outcomes.record('users/1', FAILED, 10_000)).toEqual({
        ...FAILED,
        total: time,
        failures: time,
        endedBy: 0,
        isSteady: true,
      });
    }
    expect(await outcomes.takeRetry('users/1', 0.1, 1000)).toBe(false);
    expect(store.asked.at(-1)).toBe('retry');
    expect(store.changes).toEqual([]);
    expect(store.failures).toBe(3);
  });

  it('is told from a store that is gone', async () => {
    shared.fault = new Error('redis gave no answer within 50 ms');
    await outcomes.record('users/1', FAILED, 10_000);
    expect(store.changes).toEqual(['lost']);
  });
});
