import { describe, expect, it } from 'vitest';
import { MemoryLimiter } from '../../../../lambdas/adapters/limits/memory-limiter.ts';
import { LIMIT_BOUNDS } from '../../../../lambdas/contract/limits/limit-bounds.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { LimitOverride } from '../../../../lambdas/contract/limits/operator-rule.ts';
import type { CountedLimit, LimitRequest } from '../../../../lambdas/core/limits/limiter.ts';
import { TestClock } from '../../../support/clock.ts';
import { NO_RULES, requestOf } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';

const MINUTE_MS = 60_000;

interface Memory {
  readonly clock: TestClock;
  readonly limiter: MemoryLimiter;
  /** How many of these requests pass, each of them under a lease of its own. */
  passed(requests: number, policy: LimitPolicy, cost?: number, client?: string): Promise<number>;
}

function memory({ shared = false } = {}): Memory {
  const clock = new TestClock();
  const limiter = new MemoryLimiter({ clock: clock.now, shared, rules: NO_RULES });
  let leases = 0;
  return {
    clock,
    limiter,
    passed: async (requests, policy, cost = 1, client = 'sub:alice') => {
      let passed = 0;
      for (let index = 0; index < requests; index += 1) {
        leases += 1;
        const { outcome } = await limiter.decide(requestOf(client, [policy], cost, `${leases}`));
        if (outcome === 'allowed') passed += 1;
      }
      return passed;
    },
  };
}

function limited(limit: Partial<CountedLimit> & Pick<CountedLimit, 'policy'>): LimitRequest {
  return { ...requestOf('sub:alice', []), limits: [{ scope: 'users', subject: 'sub:alice', ...limit }] };
}

describe('a limiter in memory', () => {
  it('counts each limit and each subject apart', async () => {
    const { limiter } = memory();
    const policy = windowLimit(1, MINUTE_MS);
    const apart = [
      limited({ policy }),
      limited({ policy, subject: 'sub:bob' }),
      limited({ policy, subject: '' }),
      limited({ policy, scope: '' }),
      limited({ policy, scope: 'users POST /api/users/a' }),
      limited({ policy: { ...policy, name: 'other' } }),
      limited({ policy: { ...policy, windowMs: 1000 } }),
      limited({ policy: bucketLimit(1 / 60, 1, { name: 'client' }) }),
      limited({ policy: concurrencyLimit(1, { name: 'client' }) }),
    ];
    for (const outcome of ['allowed', 'refused']) {
      for (const request of apart) expect(await limiter.decide(request)).toMatchObject({ outcome });
    }
  });

  it.each(['__proto__', 'constructor', 'x'.repeat(10_000), '\ud800', 'a\nb'])(
    'takes %j for a client',
    async (client) => {
      expect(await memory().passed(3, windowLimit(2, MINUTE_MS), 1, client)).toBe(2);
    },
  );

  it('lets a request pass all of its limits, or charges it to none', async () => {
    const { limiter } = memory();
    const policies = [windowLimit(9, MINUTE_MS), bucketLimit(1 / 60, 3), concurrencyLimit(9)];
    const results = [];
    for (const lease of ['a', 'b', 'c', 'd', 'e']) {
      results.push(await limiter.decide(requestOf('sub:alice', policies, 1, lease)));
    }
    expect(results.map(({ outcome }) => outcome)).toEqual(['allowed', 'allowed', 'allowed', 'refused', 'refused']);
    expect(results[4]?.decisions).toMatchObject([
      { allowed: true, remaining: 5 },
      { allowed: false, remaining: 0, resetMs: MINUTE_MS },
      { allowed: true, remaining: 5 },
    ]);
  });

  it('refuses nothing for a limit on trial, and says what it would have refused', async () => {
    const { limiter } = memory();
    const trial = windowLimit(1, MINUTE_MS, { name: 'trial', shadow: true });
    const request = requestOf('sub:alice', [trial, windowLimit(2, MINUTE_MS)]);
    const results = [await limiter.decide(request), await limiter.decide(request), await limiter.decide(request)];
    expect(results.map(({ outcome }) => outcome)).toEqual(['allowed', 'allowed', 'refused']);
    expect(results.map(({ decisions }) => decisions.map(({ allowed }) => allowed))).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
  });

  it('takes leases back', async () => {
    const { limiter } = memory();
    const request = (lease: string) => requestOf('sub:alice', [windowLimit(9, 1000), concurrencyLimit(1)], 1, lease);
    await limiter.decide(request('a'));
    expect(await limiter.decide(request('b'))).toMatchObject({ outcome: 'refused' });
    await limiter.release(request('b'));
    expect(await limiter.decide(request('b'))).toMatchObject({ outcome: 'refused' });
    await limiter.release(request('a'));
    expect(await limiter.decide(request('b'))).toMatchObject({ outcome: 'allowed' });
  });

  it('goes by the clock', async () => {
    const { clock, passed } = memory();
    const policy = windowLimit(2, 1000);
    expect(await passed(3, policy)).toBe(2);
    clock.advance(1000);
    expect(await passed(3, policy)).toBe(0);
    clock.advance(1);
    expect(await passed(3, policy)).toBe(2);
  });

  it('forgets the count unused for longest, and no other, when there are too many', async () => {
    const { passed } = memory();
    const policy = windowLimit(3, MINUTE_MS);
    await passed(3, policy, 1, 'sub:first');
    await passed(3, policy, 1, 'sub:second');
    for (let index = 0; index < 9998; index += 1) await passed(1, policy, 1, `sub:crowd-${index}`);
    expect(await passed(1, policy, 1, 'sub:first')).toBe(0);
    await passed(1, policy, 1, 'sub:one-more');
    expect(await passed(1, policy, 1, 'sub:first')).toBe(0);
    expect(await passed(3, policy, 1, 'sub:second')).toBe(3);
  });
});

describe('a limiter of one instance of many', () => {
  const passing = (policy: LimitPolicy, cost: number) => memory({ shared: true }).passed(20, policy, cost);

  it.each<[number, LimitPolicy]>([
    [5, windowLimit(10, MINUTE_MS)],
    [5, windowLimit(11, MINUTE_MS)],
    [10, windowLimit(10, MINUTE_MS, { localShare: 1 })],
    [1, windowLimit(1, MINUTE_MS)],
    [1, windowLimit(10, MINUTE_MS, { localShare: 0.001 })],
    [4, bucketLimit(1 / 60, 8)],
    [3, concurrencyLimit(7)],
  ])('lets pass %d, its share, of %o', async (share, policy) => {
    expect(await passing(policy, 1)).toBe(share);
  });

  it('fills a bucket at its share of the rate', async () => {
    const { clock, passed } = memory({ shared: true });
    const policy = bucketLimit(1, 8);
    expect(await passed(20, policy)).toBe(4);
    clock.advance(6000);
    expect(await passed(20, policy)).toBe(3);
  });

  it('lets pass one request that costs more than its share, but never one that costs more than the limit', async () => {
    for (const policy of [windowLimit(10, MINUTE_MS), bucketLimit(1 / 60, 10)]) {
      expect(await passing(policy, 10)).toBe(1);
      expect(await passing(policy, 11)).toBe(0);
    }
  });

  it('counts requests of all costs together', async () => {
    const { passed } = memory({ shared: true });
    const policy = windowLimit(10, MINUTE_MS);
    expect(await passed(1, policy, 3)).toBe(1);
    expect(await passed(9, policy, 1)).toBe(2);
    expect(await passed(9, policy, 8)).toBe(0);
  });

  it('counts requests of one subject under several numbers together, against the share of each', async () => {
    const { passed } = memory({ shared: true });
    const [free, pro] = [windowLimit(2, MINUTE_MS), windowLimit(4, MINUTE_MS)];
    expect(await passed(4, free)).toBe(1);
    expect(await passed(4, pro)).toBe(1);
    expect(await passed(4, free)).toBe(0);
    const [small, large] = [bucketLimit(1 / 60, 2), bucketLimit(2 / 60, 4)];
    expect(await passed(4, large)).toBe(2);
    expect(await passed(4, small)).toBe(0);
  });

  it('says that it counts alone, and against what', async () => {
    const request = requestOf('sub:alice', [windowLimit(10, MINUTE_MS)]);
    expect((await memory({ shared: true }).limiter.decide(request)).decisions).toMatchObject([
      { counted: 'alone', limit: 5 },
    ]);
    expect((await memory().limiter.decide(request)).decisions).toMatchObject([{ counted: 'together', limit: 10 }]);
  });
});

/** The decision on one request by a limit for which operators set other numbers. */
async function decisionOf(policy: LimitPolicy, override: Partial<LimitOverride>) {
  const overrideFor = () => ({ limit: 5000, ratePerS: null, untilMs: 0, ...override });
  const rules = { ...NO_RULES, overrideFor };
  const limiter = new MemoryLimiter({ clock: new TestClock().now, shared: false, rules });
  const { decisions } = await limiter.decide(requestOf('sub:alice', [policy]));
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
