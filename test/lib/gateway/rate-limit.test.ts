import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../../lib/gateway/rate-limit.ts';

describe('RateLimit', () => {
  it('counts requests of a client in a window', () => {
    expect(RateLimit.perClient(20, Duration.minutes(1)).policy).toEqual({ limit: 20, windowMs: 60_000 });
  });

  it('counts nothing where that is written out', () => {
    expect(RateLimit.none().policy).toBeNull();
  });

  it('takes windows from a second to 31 days', () => {
    expect(RateLimit.perClient(1, Duration.seconds(1)).policy?.windowMs).toBe(1000);
    expect(RateLimit.perClient(1, Duration.days(31)).policy?.windowMs).toBe(2_678_400_000);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the limit %d', (limit) => {
    expect(() => RateLimit.perClient(limit, Duration.minutes(1))).toThrow(
      `a rate limit must be a whole number of at least 1, got ${limit}: write RateLimit.none()`,
    );
  });

  it.each([
    [Duration.millis(999), '999 ms'],
    [Duration.seconds(0), '0 ms'],
    [Duration.days(32), '32 days'],
  ])('refuses a window of %s', (window, words) => {
    expect(() => RateLimit.perClient(1, window)).toThrow(
      `the window of a rate limit must be between 1 s and 31 days, got ${words}: `,
    );
  });

  it('refuses a window without a unit', () => {
    expect(() => RateLimit.perClient(5, 60 as unknown as Duration)).toThrow(
      'the window of a rate limit must be a Duration, got 60: write one like Duration.seconds(5)',
    );
  });
});
