import { beforeEach, describe, expect, it } from 'vitest';
import { RULES_FRESH_MS } from '../../../../lambdas/adapters/limits/decide-script.ts';
import { fallbackLimiter } from '../../../../lambdas/adapters/limits/fallback-limiter.ts';
import { MemoryLimiter } from '../../../../lambdas/adapters/limits/memory-limiter.ts';
import type { OperatorRules } from '../../../../lambdas/adapters/limits/rule-cache.ts';
import type { LimitPolicy, OnStoreFailure } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../../../lambdas/contract/limits/operator-rule.ts';
import type { Limiter, LimitRequest, LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import { TestClock } from '../../../support/clock.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';
import { LosableStore } from '../../../support/redis/losable-store.ts';
import { limitRequest } from '../../../support/requests.ts';

/** What the shared store answers, when it does. */
const SHARED: LimitResult = { outcome: 'allowed', decisions: [] };

/** A limiter in the shared store. */
class Shared implements Limiter {
  async decide(): Promise<LimitResult> {
    store.answer('decide');
    return SHARED;
  }

  async release({ lease }: LimitRequest): Promise<void> {
    store.answer(`release ${lease}`);
  }

  settled() {
    return undefined;
  }
}

/** What operators said, as far as this instance knows. */
class Rules implements OperatorRules {
  readonly revoked = new Set<string>();
  readonly overrides = new Map<string, LimitOverride>();
  async isRevoked({ client }: { readonly client: string }) {
    return this.revoked.has(client);
  }
  invalidate() {}
  overrideFor(_: unknown, { name: limit }: { readonly name: string }) {
    return this.overrides.get(limit);
  }
  rebuild() {}
  settled() {
    return undefined;
  }
}

let clock: TestClock;
let store: LosableStore;
let shared: Shared;
let rules: Rules;
let limiter: Limiter;

beforeEach(() => {
  clock = new TestClock();
  store = new LosableStore(clock);
  shared = new Shared();
  rules = new Rules();
  limiter = fallbackLimiter({
    shared,
    rules,
    local: new MemoryLimiter({ clock: clock.now, shared: true, rules }),
    breaker: store.breaker,
  });
});

const lose = () => store.lose();
const recover = () => store.recover();

function decide(limits: readonly LimitPolicy[], changes?: Parameters<typeof limitRequest>[1]): Promise<LimitResult> {
  return limiter.decide(limitRequest(limits, changes));
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
    await limiter.release(limitRequest([concurrencyLimit(2)], { lease: 'mine' }));
    expect(store.asked).toEqual(['decide', 'release mine']);
    expect([store.changes, store.failures]).toEqual([[], 0]);
  });
});

describe('a call that fails', () => {
  it.each([
    ['a decision', () => decide([windowLimit(10, 1000)]), { outcome: 'allowed', decisions: [{ counted: 'alone' }] }],
    ['a release', () => limiter.release(limitRequest([concurrencyLimit(2)])), undefined],
  ] as const)('and is %s is answered here, and keeps the later ones away', async (_, call, answer) => {
    store.lost = true;
    const given = await call();
    if (answer === undefined) expect(given).toBeUndefined();
    else expect(given).toMatchObject(answer);
    await call();
    expect(store.asked).toHaveLength(1);
    expect([store.changes, store.failures]).toEqual([['lost'], 1]);
  });

  it('by throwing at once is no different', async () => {
    shared.decide = () => {
      throw new Error('not even a promise');
    };
    expect(await decide([windowLimit(10, 1000)])).toMatchObject({
      outcome: 'allowed',
      decisions: [{ counted: 'alone' }],
    });
    expect(store.changes).toEqual(['lost']);
  });

  it('together with others is counted with each of them, and the loss is told once', async () => {
    store.lost = true;
    await Promise.all(Array.from({ length: 20 }, () => decide([windowLimit(10, 1000)])));
    expect([store.changes, store.failures]).toEqual([['lost'], 20]);
  });

  it('after the store was lost and found meanwhile loses it no second time', async () => {
    const late = Promise.withResolvers<LimitResult>();
    shared.decide = () => late.promise;
    const decision = decide([windowLimit(10, 1000)]);
    await lose();
    await recover();
    late.reject(new Error('no answer, late'));
    expect(await decision).toMatchObject({ outcome: 'allowed', decisions: [{ counted: 'alone' }] });
    expect(store.changes).toEqual(['lost', 'recovered']);
    expect(store.failures).toBe(2);
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
    expect(await limiter.decide(held)).toMatchObject({ outcome: 'allowed' });
    expect(await decide([limit])).toMatchObject({ outcome: 'refused' });
    await limiter.release(held);
    expect(await decide([limit])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken here under an override is given back too', async () => {
    await lose();
    rules.overrides.set(limit.name, { limit: 3, ratePerS: null, untilMs: 0 });
    const held = limitRequest([limit]);
    await limiter.decide(held);
    await limiter.release(held);
    expect(await decide([limit])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken here is given back though operators changed the limit meanwhile, and is counted by the new one', async () => {
    const wide = concurrencyLimit(4);
    await lose();
    const held = limitRequest([wide]);
    await limiter.decide(held);
    rules.overrides.set(wide.name, { limit: 2, ratePerS: null, untilMs: 0 });
    expect(await decide([wide])).toMatchObject({ outcome: 'refused', decisions: [{ limit: 1 }] });
    await limiter.release(held);
    expect(await decide([wide])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken here is given back here though the store has come back', async () => {
    await lose();
    const held = limitRequest([limit], { lease: 'held' });
    await limiter.decide(held);
    await recover();
    await limiter.release(held);
    expect(store.asked).toContain('release held');
    await lose();
    expect(await decide([limit])).toMatchObject({ outcome: 'allowed' });
  });

  it('that was taken in a store that is lost is no reason to ask it', async () => {
    const held = limitRequest([limit], { lease: 'held' });
    await limiter.decide(held);
    await lose();
    await limiter.release(held);
    expect(store.asked).not.toContain('release held');
  });
});

describe('when the store answers again', () => {
  it('it counts for all requests, and the change is told once', async () => {
    await lose();
    await decide([windowLimit(2, 1000)]);
    await recover();
    expect(await decide([windowLimit(2, 1000)])).toBe(SHARED);
    expect(await decide([windowLimit(2, 1000)])).toBe(SHARED);
    expect([store.changes, store.failures]).toEqual([['lost', 'recovered'], 1]);
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
