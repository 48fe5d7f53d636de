import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../lib/gateway/circuit-breaker.ts';

describe('CircuitBreaker', () => {
  it('opens for 30 s at half of at least 5 requests in 10 s by default', () => {
    expect(CircuitBreaker.of().policy).toEqual({
      failureShare: 0.5,
      minRequests: 5,
      windowMs: 10_000,
      openForMs: 30_000,
      outcomes: true,
    });
  });

  it('takes what is given', () => {
    const breaker = CircuitBreaker.of({
      failurePercent: 20,
      minRequests: 50,
      window: Duration.seconds(30),
      openFor: Duration.minutes(2),
      outcomes: false,
    });
    expect(breaker.policy).toEqual({
      failureShare: 0.2,
      minRequests: 50,
      windowMs: 30_000,
      openForMs: 120_000,
      outcomes: false,
    });
  });

  it('never opens where that is written out', () => {
    expect(CircuitBreaker.none().policy).toBeNull();
  });

  it.each([0, -5, 100.1, Number.NaN])('refuses %d percent', (failurePercent) => {
    expect(() => CircuitBreaker.of({ failurePercent })).toThrow(
      `failurePercent must be more than 0 and at most 100, got ${failurePercent}: `,
    );
  });

  it.each([0, -1, 2.5])('refuses a volume of %d requests', (minRequests) => {
    expect(() => CircuitBreaker.of({ minRequests })).toThrow(
      `minRequests must be a whole number of at least 1, got ${minRequests}: `,
    );
  });

  it('refuses a window and a pause outside their bounds', () => {
    expect(() => CircuitBreaker.of({ window: Duration.millis(500) })).toThrow(
      'the window of a circuit must be between 1 s and 3600 s, got 500 ms: ',
    );
    expect(() => CircuitBreaker.of({ openFor: Duration.hours(2) })).toThrow(
      'openFor must be between 1 s and 3600 s, got 7200 s: ',
    );
  });

  it.each([
    [10, 30],
    [11, 90],
    [30, 90],
    [31, 180],
    [90, 360],
    [1200, 3600],
  ])(
    'with the alarm alone and a window of %d s stays open for at least %d s, so that the alarm can open it again',
    (windowS, leastS) => {
      const breaker = (openForS: number, outcomes: boolean) =>
        CircuitBreaker.of({ window: Duration.seconds(windowS), openFor: Duration.seconds(openForS), outcomes });
      expect(breaker(leastS, false).policy).toMatchObject({ openForMs: leastS * 1000, outcomes: false });
      expect(() => breaker(leastS - 1, false)).toThrow(
        `openFor must be at least ${leastS} s with outcomes: false and a window of ${windowS} s, got ${leastS - 1} s: `,
      );
      expect(() => breaker(leastS - 1, false)).toThrow(`write openFor: Duration.seconds(${leastS})`);
      expect(() => breaker(leastS - 1, true)).not.toThrow();
    },
  );

  it('with the alarm alone refuses a window for which no pause is long enough', () => {
    const wrong = () =>
      CircuitBreaker.of({ window: Duration.minutes(21), openFor: Duration.hours(1), outcomes: false });
    expect(wrong).toThrow(
      /^openFor must be at least 3780 s .* periods of 1260 s before it can do so again; give a shorter window/,
    );
  });

  it('refuses props that no compiler refused', () => {
    const of = (props: unknown) => () => CircuitBreaker.of(props as Parameters<typeof CircuitBreaker.of>[0]);
    expect(of({ failurePercnt: 20 })).toThrow(
      'props must be among failurePercent, minRequests, window, openFor, outcomes, got "failurePercnt": write failurePercent',
    );
    expect(of({ openFor: 30 })).toThrow('openFor must be a Duration, got 30: write one like Duration.seconds(5)');
    expect(of({ outcomes: 'false' })).toThrow('outcomes must be a boolean, got "false": write true or false');
  });
});
