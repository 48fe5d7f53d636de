import { Duration } from 'aws-cdk-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalMs, wholeSeconds, words } from '../../../../lib/gateway/props/interval.ts';

describe('a duration in words', () => {
  it.each([
    [Duration.seconds(0), '0 s'],
    [Duration.millis(1), '1 ms'],
    [Duration.millis(1500), '1500 ms'],
    [Duration.seconds(60), '1 min'],
    [Duration.seconds(90), '90 s'],
    [Duration.minutes(63), '63 min'],
    [Duration.hours(1), '1 h'],
    [Duration.hours(24), '1 day'],
    [Duration.hours(36), '36 h'],
    [Duration.days(31), '31 days'],
  ])('of %s is %s: as a person would write it', (duration, told) => {
    expect(words(duration)).toBe(told);
  });

  it('is as long as the duration', () => {
    const sizes = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, day: 86_400_000, days: 86_400_000 };
    const durations = fc.oneof(
      fc.nat(),
      fc.nat(100_000).map((minutes) => minutes * 60_000),
    );
    fc.assert(
      fc.property(durations, (ms) => {
        const [count, unit] = words(Duration.millis(ms)).split(' ');
        expect(Number(count) * sizes[unit as keyof typeof sizes]).toBe(ms);
      }),
    );
  });
});

describe('a duration within bounds', () => {
  const BOUNDS = { min: Duration.seconds(1), max: Duration.hours(1), reason: 'write one like Duration.minutes(2)' };

  it('is told in milliseconds or whole seconds', () => {
    expect(intervalMs('pause', Duration.millis(1500), BOUNDS)).toBe(1500);
    expect(wholeSeconds('pause', Duration.minutes(2), BOUNDS)).toBe(120);
  });

  it.each([
    [Duration.millis(999), '999 ms'],
    [Duration.hours(2), '2 h'],
    [Duration.millis(1000.5), '1000.5 ms'],
  ])('is refused as %s, with the value, the rule and the fix', (duration, got) => {
    expect(() => intervalMs('pause', duration, BOUNDS)).toThrow(
      `pause must be between 1 s and 1 h, got ${got}: write one like Duration.minutes(2)`,
    );
  });

  it('is refused with parts of a second where none may be', () => {
    expect(() => wholeSeconds('pause', Duration.millis(1500), BOUNDS)).toThrow(
      'pause must be whole seconds, got 1500 ms: write Duration.seconds(2)',
    );
  });
});
