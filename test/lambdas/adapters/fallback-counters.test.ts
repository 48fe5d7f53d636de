import { beforeEach, describe, expect, it } from 'vitest';
import { FallbackCounters, STORE_COOLDOWN_MS } from '../../../lambdas/adapters/fallback-counters.ts';
import type { Counters } from '../../../lambdas/core/counters.ts';
import type { Decision } from '../../../lambdas/core/decision.ts';
import { TestClock } from '../../support/clock.ts';

const POLICY = { limit: 5, windowMs: 1000 };
const SHARED: Decision = { allowed: true, limit: 5, remaining: 1, resetMs: 1 };
const LOCAL: Decision = { allowed: true, limit: 5, remaining: 4, resetMs: 1 };

/** A shared store that answers when the test says so. */
class HeldCounters implements Counters {
  readonly calls: PromiseWithResolvers<Decision>[] = [];

  decide(): Promise<Decision> {
    const call = Promise.withResolvers<Decision>();
    this.calls.push(call);
    return call.promise;
  }

  async record() {
    await this.decide();
    return { total: 100, failures: 50 };
  }

  answer(index: number): void {
    this.calls[index]?.resolve(SHARED);
  }

  fail(index: number): void {
    this.calls[index]?.reject(new Error('no answer'));
  }
}

const local: Counters = { decide: async () => LOCAL, record: async () => ({ total: 1, failures: 1 }) };

let clock: TestClock;
let shared: HeldCounters;
let changes: string[];
let failures: number;
let counters: FallbackCounters;

beforeEach(() => {
  clock = new TestClock(0);
  shared = new HeldCounters();
  changes = [];
  failures = 0;
  counters = new FallbackCounters({
    shared,
    local,
    clock: clock.now,
    onChange: (change, error) => changes.push(error === undefined ? change : `${change}: ${(error as Error).message}`),
    onFailure: () => {
      failures += 1;
    },
  });
});

function decide(): Promise<Decision> {
  return counters.decide('alice', POLICY);
}

async function lose(): Promise<void> {
  const decision = decide();
  shared.fail(shared.calls.length - 1);
  expect(await decision).toBe(LOCAL);
}

describe('while the shared store answers', () => {
  it('it alone counts', async () => {
    const decision = decide();
    shared.answer(0);
    expect(await decision).toBe(SHARED);
    const counts = counters.record('users', true, 1000);
    shared.answer(1);
    expect(await counts).toEqual({ total: 100, failures: 50 });
    expect([changes, failures]).toEqual([[], 0]);
  });
});

describe('when the shared store fails', () => {
  it('the request that met the failure is decided locally', async () => {
    await lose();
    expect([changes, failures]).toEqual([['lost: no answer'], 1]);
  });

  it('outcomes are counted locally too', async () => {
    const counts = counters.record('users', true, 1000);
    shared.fail(0);
    expect(await counts).toEqual({ total: 1, failures: 1 });
  });

  it('a store that throws at once is no different', async () => {
    shared.decide = () => {
      throw new Error('not even a promise');
    };
    expect(await decide()).toBe(LOCAL);
    expect(changes).toEqual(['lost: not even a promise']);
  });

  it('it is told lost once, however many requests meet the failure at once', async () => {
    const decisions = Array.from({ length: 50 }, decide);
    for (const index of decisions.keys()) shared.fail(index);
    expect(await Promise.all(decisions)).toEqual(decisions.map(() => LOCAL));
    expect([changes, failures]).toEqual([['lost: no answer'], 50]);
  });

  it('it is left alone until the cooldown is over', async () => {
    await lose();
    clock.advance(STORE_COOLDOWN_MS - 1);
    expect(await decide()).toBe(LOCAL);
    expect(shared.calls).toHaveLength(1);
  });

  it('one request at a time tries it afterwards, and the others do not wait for that one', async () => {
    await lose();
    clock.advance(STORE_COOLDOWN_MS);
    const probe = decide();
    expect(await Promise.all([decide(), decide(), decide()])).toEqual([LOCAL, LOCAL, LOCAL]);
    expect(shared.calls).toHaveLength(2);
    shared.fail(1);
    expect(await probe).toBe(LOCAL);
    expect(await decide()).toBe(LOCAL);
    expect(shared.calls).toHaveLength(2);
    expect(changes).toEqual(['lost: no answer']);
  });

  it('each failed try starts another cooldown', async () => {
    await lose();
    for (let tries = 2; tries <= 5; tries += 1) {
      clock.advance(STORE_COOLDOWN_MS);
      await lose();
      expect(shared.calls).toHaveLength(tries);
    }
    expect([changes, failures]).toEqual([['lost: no answer'], 5]);
  });
});

describe('when the shared store answers again', () => {
  it('it is told recovered once and counts for all requests', async () => {
    await lose();
    clock.advance(STORE_COOLDOWN_MS);
    const probe = decide();
    shared.answer(1);
    expect(await probe).toBe(SHARED);
    const decisions = [decide(), decide()];
    shared.answer(2);
    shared.answer(3);
    expect(await Promise.all(decisions)).toEqual([SHARED, SHARED]);
    expect(changes).toEqual(['lost: no answer', 'recovered']);
  });

  it('a second outage is told again', async () => {
    await lose();
    clock.advance(STORE_COOLDOWN_MS);
    const probe = decide();
    shared.answer(1);
    await probe;
    await lose();
    expect(changes).toEqual(['lost: no answer', 'recovered', 'lost: no answer']);
  });
});
