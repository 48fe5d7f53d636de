import { describe, expect, it } from 'vitest';
import { MemoryCounters } from '../../../lambdas/adapters/memory-counters.ts';
import { TestClock } from '../../support/clock.ts';

describe('counters in memory', () => {
  it('count each subject and each policy apart', async () => {
    const counters = new MemoryCounters(new TestClock().now);
    const policy = { limit: 1, windowMs: 1000 };
    expect(await counters.decide('a', policy)).toMatchObject({ allowed: true });
    expect(await counters.decide('a', policy)).toMatchObject({ allowed: false });
    expect(await counters.decide('b', policy)).toMatchObject({ allowed: true });
    expect(await counters.decide('a', { ...policy, limit: 2 })).toMatchObject({ allowed: true, remaining: 1 });
    expect(await counters.decide('a', { ...policy, windowMs: 2000 })).toMatchObject({ allowed: true });
  });

  it.each(['__proto__', 'constructor', '', 'x'.repeat(10_000), '\ud800'])('take %j for a subject', async (subject) => {
    const counters = new MemoryCounters(new TestClock().now);
    const policy = { limit: 2, windowMs: 1000 };
    expect(await counters.decide(subject, policy)).toMatchObject({ remaining: 1 });
    expect(await counters.decide(subject, policy)).toMatchObject({ remaining: 0 });
  });

  it('forget the subject unseen for longest, and no other, when there are too many', async () => {
    const counters = new MemoryCounters(new TestClock().now);
    const policy = { limit: 10, windowMs: 1000 };
    await counters.decide('first', policy);
    await counters.decide('second', policy);
    for (let index = 0; index < 9998; index += 1) await counters.decide(`crowd-${index}`, policy);
    await counters.decide('first', policy);
    await counters.decide('one more', policy);
    expect(await counters.decide('first', policy)).toMatchObject({ remaining: 7 });
    expect(await counters.decide('second', policy)).toMatchObject({ remaining: 9 });
  });

  it('count the outcomes of each circuit apart, by the clock', async () => {
    const clock = new TestClock();
    const counters = new MemoryCounters(clock.now);
    await counters.record('users/1', true, 10_000);
    expect(await counters.record('users/1', false, 10_000)).toEqual({ total: 2, failures: 1 });
    expect(await counters.record('users/2', true, 10_000)).toEqual({ total: 1, failures: 1 });
    clock.advance(10_000);
    expect(await counters.record('users/1', false, 10_000)).toEqual({ total: 1, failures: 0 });
  });
});
