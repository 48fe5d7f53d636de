import { beforeEach, describe, expect, it } from 'vitest';
import type { Counters } from '../../../../lambdas/adapters/limits/counters.ts';
import { RULES_FRESH_MS } from '../../../../lambdas/adapters/limits/decide-script.ts';
import { LadderCounters } from '../../../../lambdas/adapters/limits/ladder-counters.ts';
import { MemoryCounters } from '../../../../lambdas/adapters/limits/memory-counters.ts';
import type { OperatorRules } from '../../../../lambdas/adapters/limits/operator-rules.ts';
import { RuledCounters } from '../../../../lambdas/adapters/limits/ruled-counters.ts';
import { PAUSES, StoreBreaker } from '../../../../lambdas/adapters/redis/store-breaker.ts';
import { DecodeError } from '../../../../lambdas/contract/decode.ts';
import type { LimitPolicy, OnStoreFailure } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../../../lambdas/contract/limits/operator-rule.ts';
import type { OutcomeReport } from '../../../../lambdas/core/circuit/outcome.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import type { LimitRequest, Ruling } from '../../../../lambdas/core/limits/limiter.ts';
import { FAILED, GOOD, SLOW } from '../../../support/circuit/outcomes.ts';
import { TestClock } from '../../../support/clock.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';
import { limitRequest } from '../../../support/requests.ts';

/** What the shared store answers, when it does. */
const SHARED: Ruling = { outcome: 'allowed', decisions: [] };
const RECORDED: OutcomeReport = { total: 100, failures: 50, slow: 20, endedBy: 7, isSteady: false };

/** A shared store that fails when the test says so, and remembers what it was asked. */
class Store implements Counters {
  readonly asked: string[] = [];
  lost = false;
  /** What the store answers in place of counting an outcome. */
  fault: Error | undefined;

  async decide(): Promise<Ruling> {
    this.#answer('decide');
    return SHARED;
  }

  async release({ lease }: LimitRequest): Promise<void> {
    this.#answer(`release ${lease}`);
  }

  async record() {
    this.#answer('record');
    if (this.fault) throw this.fault;
    return RECORDED;
  }

  async endPeriod(period: string, version: number): Promise<void> {
    this.#answer(`end ${period} by ${version}`);
  }

  async takeRetry(): Promise<boolean> {
    this.#answer('retry');
    return false;
  }

  settled() {
    return undefined;
  }

  #answer(call: string): void {
    this.asked.push(call);
    if (this.lost) throw new Error('no answer');
  }
}

/** What operators said, as far as this instance knows. */
class Rules implements OperatorRules {
  readonly revoked = new Set<string>();
  readonly overrides = new Map<string, LimitOverride>();
  async isRevoked({ client }: { readonly client: string }) {
    return this.revoked.has(client);
  }
  doubt() {}
  overrideFor(_: unknown, { name: limit }: { readonly name: string }) {
    return this.overrides.get(limit);
  }
  rebuild() {}
  settled() {
    return undefined;
  }
}

let clock: TestClock;
let store: Store;
let rules: Rules;
let changes: string[];
let failures: number;
let counters: LadderCounters;

beforeEach(() => {
  clock = new TestClock();
  store = new Store();
  rules = new Rules();
  changes = [];
  failures = 0;
  counters = create(store);
});

function create(shared: Counters): LadderCounters {
  return new LadderCounters({
    shared,
    rules,
    local: new RuledCounters(new MemoryCounters({ clock: clock.now, shared: true }), rules),
    breaker: new StoreBreaker({
      probe: async () => {
        if (store.lost) throw new Error('still no answer');
      },
      clock: clock.now,
      random: () => 0,
      onChange: (change) => changes.push(change),
    }),
    onFailure: () => {
      failures += 1;
    },
  });
}

/** Lets the ladder find out that the store is gone. */
async function lose(): Promise<void> {
  store.lost = true;
  await counters.record('circuit', GOOD, 1000);
  expect(changes.at(-1)).toBe('lost');
}

/** Lets the ladder find out that the store is back. */
async function recover(): Promise<void> {
  store.lost = false;
  clock.advance(PAUSES.longest);
  await counters.record('circuit', GOOD, 1000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(changes.at(-1)).toBe('recovered');
}

function decide(limits: readonly LimitPolicy[], changes?: Parameters<typeof limitRequest>[1]): Promise<Ruling> {
  return counters.decide(limitRequest(limits, changes));
}

/** How many of so many requests pass. */
async function passed(requests: number, limits: readonly LimitPolicy[], changes = {}): Promise<number> {
  let allowed = 0;
  for (let request = 0; request < requests; request += 1) {
    if ((await decide(limits, changes)).outcome === 'allowed') allowed += 1;
  }
  return allowed;
}

describe('while the shared store answers', () => {
  it('it alone counts, and what it says holds', async () => {
    expect(await decide([windowLimit(2, 1000)])).toBe(SHARED);
    expect(await counters.record('circuit', FAILED, 1000)).toBe(RECORDED);
    await counters.endPeriod('circuit', 8, 1000);
    expect(await counters.takeRetry('circuit', 0.1, 1000)).toBe(false);
    await counters.release(limitRequest([concurrencyLimit(2)], { lease: 'mine' }));
    expect(store.asked).toEqual(['decide', 'record', 'end circuit by 8', 'retry', 'release mine']);
    expect([changes, failures]).toEqual([[], 0]);
  });
});

describe('a call that fails', () => {
  it.each([
    ['a decision', () => decide([windowLimit(10, 1000)]), { outcome: 'allowed', decisions: [{ counted: 'alone' }] }],
    [
      'an outcome',
      () => counters.record('circuit', FAILED, 1000),
      { total: 1, failures: 1, slow: 0, endedBy: 0, isSteady: true },
    ],
    ['the end of a period', () => counters.endPeriod('circuit', 8, 1000), undefined],
    ['a release', () => counters.release(limitRequest([concurrencyLimit(2)])), undefined],
  ] as const)('and is %s is answered here, and keeps the later ones away', async (_, call, answer) => {
    store.lost = true;
    const given = await call();
    if (answer === undefined) expect(given).toBeUndefined();
    else expect(given).toMatchObject(answer);
    await call();
    expect(store.asked).toHaveLength(1);
    expect([changes, failures]).toEqual([['lost'], 1]);
  });

  it('by throwing at once is no different', async () => {
    store.decide = () => {
      throw new Error('not even a promise');
    };
    expect(await decide([windowLimit(10, 1000)])).toMatchObject({
      outcome: 'allowed',
      decisions: [{ counted: 'alone' }],
    });
    expect(changes).toEqual(['lost']);
  });

  it('together with others is counted with each of them, and the loss is told once', async () => {
    store.lost = true;
    await Promise.all(Array.from({ length: 20 }, () => decide([windowLimit(10, 1000)])));
    expect([changes, failures]).toEqual([['lost'], 20]);
  });

  it('after the store was lost and found meanwhile loses it no second time', async () => {
    const late = Promise.withResolvers<Ruling>();
    store.decide = () => late.promise;
    const decision = decide([windowLimit(10, 1000)]);
    await lose();
    await recover();
    late.reject(new Error('no answer, late'));
    expect(await decision).toMatchObject({ outcome: 'allowed', decisions: [{ counted: 'alone' }] });
    expect(changes).toEqual(['lost', 'recovered']);
    expect(failures).toBe(2);
  });
});

describe('while the store is lost, a local limit', () => {
  beforeEach(lose);

  it.each([
    ['half of a window', windowLimit(10, 1000), 5],
    ['half, rounded down', windowLimit(5, 1000), 2],
    ['one request at least', windowLimit(1, 1000), 1],
    ['a share of its own', windowLimit(100, 1000, { localShare: 0.2 }), 20],
    ['the whole where the share is one', windowLimit(7, 1000, { localShare: 1 }), 7],
    ['half of a burst', bucketLimit(0.001, 8), 4],
    ['half of the requests at once', concurrencyLimit(6), 3],
  ])('lets pass %s', async (_, limit, share) => {
    expect(await passed(20, [limit])).toBe(share);
    const refused = await decide([limit]);
    expect(refused).toMatchObject({ outcome: 'refused' });
    expect(refused.decisions).toMatchObject([{ allowed: false, limit: share, remaining: 0, counted: 'alone' }]);
  });

  it('fills a bucket at half its rate', async () => {
    const limit = bucketLimit(10, 8);
    expect(await passed(20, [limit])).toBe(4);
    clock.advance(1000);
    expect(await passed(20, [limit])).toBe(4);
    clock.advance(400);
    expect(await passed(20, [limit])).toBe(2);
  });

  it('counts by client, and slides', async () => {
    const limit = windowLimit(4, 1000);
    expect(await passed(5, [limit])).toBe(2);
    expect(await passed(5, [limit], { identity: { client: 'sub:bob' } })).toBe(2);
    clock.advance(1001);
    expect(await passed(5, [limit])).toBe(2);
  });

  it('lets a request pass that is larger than the share, once', async () => {
    const limit = windowLimit(10, 1000);
    expect(await passed(5, [limit], { cost: 8 })).toBe(1);
    expect(await passed(5, [limit])).toBe(0);
  });

  it('lets no request pass that is larger than the limit', async () => {
    expect(await passed(3, [windowLimit(10, 1000)], { cost: 11 })).toBe(0);
  });

  it('counts requests of different costs together', async () => {
    const limit = windowLimit(10, 1000);
    expect(await passed(1, [limit], { cost: 3 })).toBe(1);
    expect(await passed(5, [limit])).toBe(2);
    expect(await passed(1, [limit], { cost: 8 })).toBe(0);
  });

  it('is charged only when all of them pass', async () => {
    const [wide, narrow] = [windowLimit(20, 1000), windowLimit(2, 1000, { name: 'narrow' })];
    expect(await passed(5, [wide, narrow])).toBe(1);
    expect((await decide([wide])).decisions).toMatchObject([{ remaining: 8 }]);
  });

  it('in shadow mode refuses nothing and says what it would have refused', async () => {
    const shadow = windowLimit(2, 1000, { shadow: true });
    expect(await passed(3, [shadow])).toBe(3);
    expect(await decide([shadow])).toMatchObject({
      outcome: 'allowed',
      decisions: [{ allowed: false, counted: 'alone' }],
    });
  });
});

describe('while the store is lost, limits of several kinds', () => {
  beforeEach(lose);

  const named = (onStoreFailure: OnStoreFailure, limit = 10, shadow = false) =>
    windowLimit(limit, 1000, { name: `${onStoreFailure}-${limit}`, onStoreFailure, shadow });

  it('answer in the order in which they were asked', async () => {
    const limits = [named('open'), named('local', 20), named('open', 7), named('local', 40)];
    const { outcome, decisions } = await decide(limits);
    expect(outcome).toBe('allowed');
    expect(decisions.map(({ policy, limit, counted }) => [policy.name, limit, counted])).toEqual([
      ['open-10', 10, 'not'],
      ['local-20', 10, 'alone'],
      ['open-7', 7, 'not'],
      ['local-40', 20, 'alone'],
    ]);
  });

  it.each([
    ['one that closes refuses, and nobody counts', [named('local'), named('open'), named('closed')], 'unavailable'],
    ['one that opens lets pass uncounted', [named('open')], 'allowed'],
    ['one that opens is not counted beside one that is', [named('local'), named('open')], 'allowed'],
    ['a shadow that would close refuses nothing', [named('local'), named('closed', 10, true)], 'allowed'],
  ] as const)('%s', async (_, limits, outcome) => {
    expect(await decide(limits)).toMatchObject({
      outcome,
      decisions: limits.map(({ name, onStoreFailure }) => ({
        policy: { name },
        allowed: onStoreFailure !== 'closed',
        counted: outcome === 'allowed' && onStoreFailure === 'local' ? 'alone' : 'not',
      })),
    });
  });

  it('a request that is refused by one of them is not let through by another', async () => {
    const limits = [named('local', 2), named('open')];
    expect(await passed(5, limits)).toBe(1);
    expect(await decide(limits)).toMatchObject({ outcome: 'refused' });
  });

  it('a request that one of them closes out is charged to none', async () => {
    await decide([named('local'), named('closed')]);
    expect((await decide([named('local')])).decisions).toMatchObject([{ remaining: 4 }]);
  });

  it('open ones let everything pass, at any cost', async () => {
    expect(await passed(50, [named('open', 1)], { cost: 1000 })).toBe(50);
  });

  it('a request without limits passes', async () => {
    expect(await decide([])).toEqual({ outcome: 'allowed', decisions: [] });
  });
});

describe('while the store is lost, what operators said', () => {
  beforeEach(lose);

  it.each(['local', 'open', 'closed'] as const)('a revoked client is refused, though its limit is %s', async (way) => {
    rules.revoked.add('sub:alice');
    const limits = [windowLimit(10, 1000, { onStoreFailure: way })];
    expect(await decide(limits)).toEqual({ outcome: 'revoked', decisions: [] });
    expect(await decide([])).toEqual({ outcome: 'revoked', decisions: [] });
    expect(await decide(limits, { identity: { client: 'sub:bob' } })).not.toMatchObject({ outcome: 'revoked' });
  });

  it('a revoked client is charged nothing', async () => {
    rules.revoked.add('sub:alice');
    await passed(5, [windowLimit(10, 1000)]);
    rules.revoked.clear();
    expect(await passed(10, [windowLimit(10, 1000)])).toBe(5);
  });

  it.each([
    ['a window', windowLimit(10, 1000), { limit: 40, ratePerS: null, untilMs: 0 }, 20],
    ['a bucket', bucketLimit(0.001, 10), { limit: 40, ratePerS: null, untilMs: 0 }, 20],
    ['concurrency', concurrencyLimit(10), { limit: 4, ratePerS: null, untilMs: 0 }, 2],
  ])('stands in place of the numbers of %s, and its share is let pass', async (_, limit, override, share) => {
    rules.overrides.set(limit.name, override);
    expect(await passed(50, [limit])).toBe(share);
  });

  it("changes a bucket's rate where it names one", async () => {
    const limit = bucketLimit(0.001, 10);
    rules.overrides.set(limit.name, { limit: 10, ratePerS: 20, untilMs: 0 });
    await passed(50, [limit]);
    clock.advance(200);
    expect(await passed(50, [limit])).toBe(2);
  });

  it('is about the limit of that name only', async () => {
    rules.overrides.set('other', { limit: 100, ratePerS: null, untilMs: 0 });
    expect(await passed(50, [windowLimit(10, 1000)])).toBe(5);
  });
});

describe('a lease', () => {
  const limit = concurrencyLimit(2);

  it('that was taken here is given back here', async () => {
    await lose();
    const held = limitRequest([limit]);
    expect(await counters.decide(held)).toMatchObject({ outcome: 'allowed' });
    expect(await decide([limit])).toMatchObject({ outcome: 'refused' });
    await counters.release(held);
    expect(await decide([limit])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken here under an override is given back too', async () => {
    await lose();
    rules.overrides.set(limit.name, { limit: 3, ratePerS: null, untilMs: 0 });
    const held = limitRequest([limit]);
    await counters.decide(held);
    await counters.release(held);
    expect(await decide([limit])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken here is given back though operators changed the limit meanwhile, and is counted by the new one', async () => {
    const wide = concurrencyLimit(4);
    await lose();
    const held = limitRequest([wide]);
    await counters.decide(held);
    rules.overrides.set(wide.name, { limit: 2, ratePerS: null, untilMs: 0 });
    expect(await decide([wide])).toMatchObject({ outcome: 'refused', decisions: [{ limit: 1 }] });
    await counters.release(held);
    expect(await decide([wide])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken here is given back here though the store has come back', async () => {
    await lose();
    const held = limitRequest([limit], { lease: 'held' });
    await counters.decide(held);
    await recover();
    await counters.release(held);
    expect(store.asked).toContain('release held');
    await lose();
    expect(await decide([limit])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken in a store that is lost is no reason to ask it', async () => {
    const held = limitRequest([limit], { lease: 'held' });
    await counters.decide(held);
    await lose();
    await counters.release(held);
    expect(store.asked).not.toContain('release held');
  });
});

describe('while the store is lost, a circuit', () => {
  beforeEach(lose);

  it('has its outcomes counted here, by the clock, and nobody ends its period', async () => {
    await counters.record('one', FAILED, 1000);
    await counters.endPeriod('one', 8, 1000);
    expect(await counters.record('one', SLOW, 1000)).toMatchObject({ total: 2, failures: 1, slow: 1, endedBy: 0 });
    expect(await counters.record('two', FAILED, 1000)).toMatchObject({ total: 1, failures: 1, slow: 0, endedBy: 0 });
    clock.advance(1000);
    expect(await counters.record('one', GOOD, 1000)).toMatchObject({ total: 1, failures: 0, slow: 0, endedBy: 0 });
  });

  it('has a budget of retries here', async () => {
    const taken = [];
    for (let index = 0; index <= FREE_RETRIES; index += 1) taken.push(await counters.takeRetry('one', 0.1, 1000));
    expect(taken).toEqual([...Array.from({ length: FREE_RETRIES }, () => true), false]);
    await counters.record('one', { total: 40, failures: 0, slow: 0 }, 1000);
    expect(await counters.takeRetry('one', 0.1, 1000)).toBe(true);
    expect(await counters.takeRetry('one', 0.1, 1000)).toBe(false);
  });

  it('has them counted together when the store is back', async () => {
    await recover();
    expect(await counters.record('one', GOOD, 1000)).toBe(RECORDED);
    expect(await counters.takeRetry('one', 0.1, 1000)).toBe(false);
  });
});

describe('when the store answers again', () => {
  it('it counts for all requests, and the change is told once', async () => {
    await lose();
    await decide([windowLimit(2, 1000)]);
    await recover();
    expect(await decide([windowLimit(2, 1000)])).toBe(SHARED);
    expect(await decide([windowLimit(2, 1000)])).toBe(SHARED);
    expect([changes, failures]).toEqual([['lost', 'recovered'], 1]);
  });

  it('who was revoked meanwhile is refused, until its own copies of the rules must know of it', async () => {
    await lose();
    rules.revoked.add('sub:alice');
    await recover();
    expect(await decide([windowLimit(2, 1000)], { lease: 'mine' })).toEqual({ outcome: 'revoked', decisions: [] });
    expect(store.asked).toContain('release mine');
    clock.advance(RULES_FRESH_MS);
    expect(await decide([windowLimit(2, 1000)])).toEqual({ outcome: 'revoked', decisions: [] });
    clock.advance(1);
    expect(await decide([windowLimit(2, 1000)])).toBe(SHARED);
  });
});

describe('an answer about the counts of one circuit that is an error or nonsense', () => {
  it.each([
    Object.assign(new Error('WRONGTYPE'), { name: 'ReplyError' }),
    new DecodeError('record', 'an array of 4', []),
  ])('has them counted alone, and leaves the limits to the store: %o', async (fault) => {
    store.fault = fault;
    for (let time = 1; time <= 3; time += 1) {
      expect(await counters.record('users/1', FAILED, 10_000)).toEqual({
        ...FAILED,
        total: time,
        failures: time,
        endedBy: 0,
        isSteady: true,
      });
    }
    expect(await counters.decide(limitRequest([windowLimit(5, 1000)]))).toEqual(SHARED);
    expect(changes).toEqual([]);
    expect(failures).toBe(3);
  });

  it('is told from a store that is gone', async () => {
    store.fault = new Error('redis gave no answer within 50 ms');
    await counters.record('users/1', FAILED, 10_000);
    expect(changes).toEqual(['lost']);
  });
});
