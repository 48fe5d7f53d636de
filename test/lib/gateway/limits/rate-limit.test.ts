import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { TokenBucketProps } from '../../../../lib/gateway/limits/bucket-limit.ts';
import type { ConcurrencyOptions } from '../../../../lib/gateway/limits/concurrency-limit.ts';
import type { LimitOptions } from '../../../../lib/gateway/limits/limit-options.ts';
import { policiesOf, RateLimit, type RateLimits } from '../../../../lib/gateway/limits/rate-limit.ts';

const MINUTE = Duration.minutes(1);
const DEFAULTS = { name: '', shadow: false, onStoreFailure: 'local', localShare: 0.5 } as const;

describe('a rate limit', () => {
  it.each([
    ['client', RateLimit.perClient(20, MINUTE)],
    ['ip', RateLimit.perIp(20, MINUTE)],
    ['tenant', RateLimit.perTenant(20, MINUTE)],
    ['total', RateLimit.total(20, MINUTE)],
  ])('counts by %s in a window', (by, { policy }) => {
    expect(policy).toEqual({ ...DEFAULTS, kind: 'window', by, limit: 20, windowMs: 60_000, plans: {} });
  });

  it('counts a client by its plan, and one without a known plan as the smallest of them', () => {
    const plans = { pro: 600, free: 60 };
    expect(RateLimit.perPlan(plans, MINUTE).policy).toEqual({
      ...DEFAULTS,
      kind: 'window',
      by: 'client',
      limit: 60,
      windowMs: 60_000,
      plans,
    });
    expect(RateLimit.perPlan(plans, MINUTE, { otherwise: 10 }).policy).toMatchObject({ limit: 10, plans });
  });

  it('fills a bucket by a rate that may be a fraction', () => {
    expect(RateLimit.tokenBucket({ rate: 0.1, burst: 5 }).policy).toEqual({
      ...DEFAULTS,
      kind: 'bucket',
      by: 'client',
      ratePerS: 0.1,
      burst: 5,
    });
    expect(RateLimit.tokenBucket({ rate: 1, burst: 5, by: 'ip' }).policy).toMatchObject({ by: 'ip' });
  });

  it('bounds the requests under way', () => {
    expect(RateLimit.concurrency(3).policy).toEqual({
      ...DEFAULTS,
      kind: 'concurrency',
      by: 'client',
      limit: 3,
      leaseMs: 0,
    });
    expect(RateLimit.concurrency(3, { by: 'total' }).policy).toMatchObject({ by: 'total' });
  });

  it('counts nothing where that is written out', () => {
    expect(RateLimit.none().policy).toBeUndefined();
  });

  const options = { shadow: true, onStoreFailure: 'closed', localShare: 1, name: 'login' } as const;
  it.each<[string, RateLimit]>([
    ['a window', RateLimit.perIp(1, MINUTE, options)],
    ['a plan', RateLimit.perPlan({ free: 1 }, MINUTE, options)],
    ['a bucket', RateLimit.tokenBucket({ rate: 1, burst: 1 }, options)],
    ['concurrency', RateLimit.concurrency(1, options)],
  ])('of %s takes the options of all limits', (_, { policy }) => {
    expect(policy).toMatchObject(options);
  });
});

describe('the bounds of a rate limit', () => {
  it('let the least and the most pass', () => {
    const month = Duration.days(31);
    expect(RateLimit.perClient(1, Duration.seconds(1)).policy).toMatchObject({ limit: 1, windowMs: 1000 });
    expect(RateLimit.total(10_000_000, month).policy).toMatchObject({ limit: 1e7, windowMs: 2_678_400_000 });
    expect(() => RateLimit.tokenBucket({ rate: 1 / month.toSeconds(), burst: 1 })).not.toThrow();
    expect(() => RateLimit.tokenBucket({ rate: 10_000, burst: 10_000_000 })).not.toThrow();
    expect(() => RateLimit.concurrency(1000, { localShare: 0.001 })).not.toThrow();
    expect(() => RateLimit.perPlan({ ['p'.repeat(64)]: 1 }, MINUTE, { name: '1'.repeat(31) })).not.toThrow();
  });

  it.each([0, -1, 1.5, 10_000_001, Number.NaN, Number.POSITIVE_INFINITY])('refuse %d units', (limit) => {
    const message = `must be a whole number between 1 and 10000000, got ${limit}: write RateLimit.none() to count nothing, or`;
    for (const factory of [RateLimit.perClient, RateLimit.perIp, RateLimit.perTenant, RateLimit.total]) {
      expect(() => factory(limit, MINUTE)).toThrow(`a rate limit ${message}`);
    }
    expect(() => RateLimit.perPlan({ free: limit }, MINUTE)).toThrow(`the rate limit of plan free ${message}`);
    expect(() => RateLimit.perPlan({ free: 1 }, MINUTE, { otherwise: limit })).toThrow(`a rate limit ${message}`);
  });

  it.each([
    [Duration.millis(999), '999 ms'],
    [Duration.seconds(0), '0 s'],
    [Duration.days(32), '32 days'],
  ])('refuse a window of %s', (window, words) => {
    const message = `the window of a rate limit must be between 1 s and 31 days, got ${words}: `;
    expect(() => RateLimit.perClient(1, window)).toThrow(message);
    expect(() => RateLimit.perPlan({ free: 1 }, window)).toThrow(message);
  });

  it.each([0, -1, 3.7e-7, 10_001, Number.NaN, Number.POSITIVE_INFINITY])('refuse a rate of %d', (rate) => {
    expect(() => RateLimit.tokenBucket({ rate, burst: 1 })).toThrow(
      `the rate of a token bucket must be at least one unit in 31 days and at most 10000 a second, got ${rate} a second: `,
    );
  });

  it.each([0, 0.5, 10_000_001])('refuse a burst of %d', (burst) => {
    expect(() => RateLimit.tokenBucket({ rate: 1, burst })).toThrow(
      `the burst of a token bucket must be a whole number between 1 and 10000000, got ${burst}: a full bucket holds one`,
    );
  });

  it.each([0, 1.5, 1001])('refuse %d requests under way', (limit) => {
    expect(() => RateLimit.concurrency(limit)).toThrow(
      `a bound of concurrency must be a whole number between 1 and 1000, got ${limit}: each request under way is`,
    );
  });

  it.each([0, -0.5, 1.1, Number.NaN])('refuse a local share of %d', (localShare) => {
    expect(() => RateLimit.perClient(1, MINUTE, { localShare })).toThrow(
      `localShare must be more than 0 and at most 1, got ${localShare}: 0.5 lets one instance`,
    );
  });

  it.each(['', 'Login', 'log in', 'log/in', '-login', 'a'.repeat(32)])('refuse the name %j', (name) => {
    expect(() => RateLimit.perClient(1, MINUTE, { name })).toThrow(
      `the name of a limit must be at most 31 lower-case letters, digits and hyphens and not start with a hyphen, got ${JSON.stringify(name)}: write one like 'login'`,
    );
  });

  it.each(['', 'p'.repeat(65), 'a\nb', '\ud800', 'eyJhbGciOiJub25lIn0.e30.'])('refuse the plan %j', (plan) => {
    expect(() => RateLimit.perPlan({ [plan]: 1 }, MINUTE)).toThrow(
      `a plan must be 1 to 64 characters, well-formed, without control characters and no token, got ${JSON.stringify(plan)}: write the plan claim of your tokens`,
    );
  });
});

describe('a rate limit is refused where no compiler did', () => {
  const untyped = <T>(value: unknown) => value as T;
  it.each<[string, () => RateLimit, string]>([
    [
      'with a window without a unit',
      () => RateLimit.perClient(5, untyped(60)),
      'the window of a rate limit must be a Duration, got 60: write one like Duration.seconds(5)',
    ],
    ['with text for a limit', () => RateLimit.perIp(untyped('5'), MINUTE), 'a rate limit must be a number, got "5": '],
    [
      'without plans',
      () => RateLimit.perPlan({}, MINUTE),
      'must be an object with a limit for each plan, got {}: write',
    ],
    [
      'with a limit for plans',
      () => RateLimit.perPlan(untyped(5), MINUTE),
      'the plans of a rate limit must be an object with a limit for each plan, got 5: write { free: 60, pro: 600 }',
    ],
    [
      'with a misspelt option',
      () => RateLimit.perClient(5, MINUTE, untyped({ shadows: true })),
      'the options of a rate limit: props must be among shadow, onStoreFailure, localShare, name, got "shadows": write shadow',
    ],
    [
      'with the option of another kind',
      () => RateLimit.perClient(5, MINUTE, untyped({ otherwise: 1 })),
      'the options of a rate limit: props must be among shadow, onStoreFailure, localShare, name, got "otherwise": leave it out',
    ],
    [
      'with a choice that there is not',
      () => RateLimit.perClient(5, MINUTE, untyped({ onStoreFailure: 'wait' })),
      `onStoreFailure must be 'local' or 'open' or 'closed', got "wait": write one of them`,
    ],
    [
      'with somebody that it cannot count by',
      () => RateLimit.concurrency(5, untyped({ by: 'user' })),
      `by must be 'client' or 'ip' or 'tenant' or 'total', got "user": write one of them`,
    ],
    [
      'with numbers for a token bucket',
      () => RateLimit.tokenBucket(untyped(5)),
      'a token bucket: props must be an object of rate, burst, by, got 5: write { rate: … }',
    ],
    [
      'with a bucket without a size',
      () => RateLimit.tokenBucket(untyped({ rate: 5 })),
      'a token bucket: burst must be a number, got undefined: write a number like 2',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('when its usage is wrong, tsc says so', () => {
    const usage = () => {
      // @ts-expect-error a window has a unit
      RateLimit.perClient(5, 60);
      // @ts-expect-error a limit per plan has plans
      RateLimit.perPlan(5, MINUTE);
      // @ts-expect-error so have its numbers names
      RateLimit.perPlan([60, 600], MINUTE, { otherwise: '5' });
      // @ts-expect-error a bucket has a size
      RateLimit.tokenBucket({ rate: 5 });
      // @ts-expect-error what it counts by is one of four
      RateLimit.tokenBucket({ rate: 5, burst: 5, by: 'user' } satisfies TokenBucketProps);
      // @ts-expect-error windows say by their name what they count by
      RateLimit.perIp(5, MINUTE, { by: 'client' });
      // @ts-expect-error one of three
      RateLimit.concurrency(5, { onStoreFailure: 'wait' } satisfies ConcurrencyOptions);
      // @ts-expect-error a misspelt option
      RateLimit.total(5, MINUTE, { shadows: true } satisfies LimitOptions);
      // @ts-expect-error a constructor that is not for users
      new RateLimit([]);
    };
    expect(usage).toBeTypeOf('function');
  });
});

describe('a list of rate limits', () => {
  it('holds the limits of all of them in their order', () => {
    const policies = policiesOf([RateLimit.perClient(1, MINUTE), RateLimit.concurrency(2)]);
    expect(policies.map(({ kind }) => kind)).toEqual(['window', 'concurrency']);
    expect(policiesOf([RateLimit.none()])).toEqual([]);
  });

  it.each<[string, RateLimits, string]>([
    ['nothing', [], 'rateLimit must name at least one limit, got []: write RateLimit.none() to count nothing'],
    [
      'none among others',
      [RateLimit.none(), RateLimit.concurrency(1)],
      'rateLimit must be RateLimit.none() alone or limits without it, got both: leave one of them out',
    ],
  ])('is refused with %s', (_, limits, message) => {
    expect(() => policiesOf(limits)).toThrow(message);
  });
});
