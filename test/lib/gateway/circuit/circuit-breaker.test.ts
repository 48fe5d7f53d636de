import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker, type CircuitBreakerProps } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import { words } from '../../../../lib/gateway/props/interval.ts';

/** As messages have it. */
const inWords = (seconds: number) => words(Duration.seconds(seconds));

const policyOf = (props: CircuitBreakerProps) => CircuitBreaker.of(props).policy;

describe('CircuitBreaker', () => {
  it('opens for 30 s at half of at least 5 requests in 10 s by default, and closes after three that succeed', () => {
    const breaker = CircuitBreaker.of();
    expect(breaker.policy).toEqual({
      failureShare: 0.5,
      minRequests: 5,
      windowMs: 10_000,
      openForMs: 30_000,
      maxOpenForMs: 300_000,
      probes: 3,
      successes: 3,
      rampUpMs: 5000,
      outcomes: true,
      slow: null,
      failureStatuses: null,
      failOnTimeout: true,
      failOnReset: true,
      healthCheck: null,
      shadow: false,
      fallback: null,
    });
    expect(breaker.throttleShare).toBeNull();
  });

  it('takes what is given', () => {
    const breaker = CircuitBreaker.of({
      failurePercent: 20,
      minRequests: 50,
      window: Duration.seconds(30),
      openFor: Duration.minutes(4),
      maxOpenFor: Duration.minutes(20),
      probes: 2,
      successes: 10,
      rampUp: Duration.minutes(1),
      outcomes: false,
      failureStatuses: [503, 502],
      failOnTimeout: false,
      failOnReset: false,
      slowCall: Duration.seconds(2),
      slowPercent: 25,
      throttlePercent: 10,
      healthCheck: '/healthz?deep=1',
      shadow: true,
      fallback: { status: 200, contentType: 'text/plain; charset=utf-8', body: 'later' },
    });
    expect(breaker.policy).toEqual({
      failureShare: 0.2,
      minRequests: 50,
      windowMs: 30_000,
      openForMs: 240_000,
      maxOpenForMs: 1_200_000,
      probes: 2,
      successes: 10,
      rampUpMs: 60_000,
      outcomes: false,
      slow: { overMs: 2000, share: 0.25 },
      failureStatuses: [503, 502],
      failOnTimeout: false,
      failOnReset: false,
      healthCheck: '/healthz?deep=1',
      shadow: true,
      fallback: { status: 200, contentType: 'text/plain; charset=utf-8', body: 'later' },
    });
    expect(breaker.throttleShare).toBe(0.1);
  });

  it('stays open as long as openFor says where that is longer than 5 minutes', () => {
    expect(policyOf({ openFor: Duration.minutes(7) })).toMatchObject({ maxOpenForMs: 420_000 });
  });

  it('sends no more probes than must succeed, whichever of both is told', () => {
    expect(policyOf({ successes: 1 })).toMatchObject({ probes: 1, successes: 1 });
    expect(policyOf({ successes: 10 })).toMatchObject({ probes: 3, successes: 10 });
    expect(policyOf({ probes: 1 })).toMatchObject({ probes: 1, successes: 3 });
    expect(policyOf({ probes: 8 })).toMatchObject({ probes: 8, successes: 8 });
  });

  it('may let all requests pass at once when it has closed', () => {
    expect(policyOf({ rampUp: Duration.seconds(0) })).toMatchObject({ rampUpMs: 0 });
  });

  it('opens at half of the requests being slow, where a slow one is told', () => {
    expect(policyOf({ slowCall: Duration.millis(50) })).toMatchObject({ slow: { overMs: 50, share: 0.5 } });
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
      `minRequests must be a whole number of at least 1, got ${minRequests}: write one like 5, `,
    );
  });

  it('refuses a window and a pause outside their bounds', () => {
    expect(() => CircuitBreaker.of({ window: Duration.millis(500) })).toThrow(
      'the window of a circuit must be between 1 s and 1 h, got 500 ms: write one like Duration.seconds(10), ',
    );
    expect(() => CircuitBreaker.of({ openFor: Duration.hours(2) })).toThrow(
      'openFor must be between 1 s and 1 h, got 2 h: write one like Duration.seconds(30), ',
    );
  });

  it.each([
    [10, 60],
    [11, 180],
    [30, 180],
    [31, 360],
    [90, 720],
    [600, 3600],
  ])(
    'with the alarm alone and a window of %d s stays open for at least %d s, so that the alarm can open it again',
    (windowS, leastS) => {
      const breaker = (openForS: number, outcomes: boolean) =>
        CircuitBreaker.of({ window: Duration.seconds(windowS), openFor: Duration.seconds(openForS), outcomes });
      expect(breaker(leastS, false).policy).toMatchObject({ openForMs: leastS * 1000, outcomes: false });
      expect(() => breaker(leastS - 1, false)).toThrow(
        new RegExp(
          `^openFor must be at least ${inWords(leastS)} with outcomes: false and a window of ${inWords(windowS)}, got ${leastS - 1} s: `,
        ),
      );
      expect(() => breaker(leastS - 1, false)).toThrow(`write openFor: Duration.seconds(${leastS})`);
      expect(() => breaker(leastS - 1, true)).not.toThrow();
    },
  );

  it('with the alarm alone refuses a window for which no pause is long enough', () => {
    const wrong = () =>
      CircuitBreaker.of({ window: Duration.minutes(11), openFor: Duration.hours(1), outcomes: false });
    expect(wrong).toThrow(
      /^openFor must be at least 66 min .* periods of 11 min before it can do so again; give a shorter window/,
    );
  });

  it.each([
    [1, 60],
    [10, 60],
    [30, 180],
    [60, 360],
  ])('with the alarm alone and a window of %d s stays open for %d s unless told', (windowS, openForS) => {
    const policy = policyOf({ window: Duration.seconds(windowS), outcomes: false });
    expect(policy).toMatchObject({ openForMs: openForS * 1000 });
    expect(policyOf({ window: Duration.seconds(windowS) })).toMatchObject({ openForMs: 30_000 });
  });

  it('with throttlePercent stays open for at least 4 minutes, so that the alarm can open it again', () => {
    expect(policyOf({ throttlePercent: 10, openFor: Duration.minutes(4) })).toMatchObject({ openForMs: 240_000 });
    expect(() => policyOf({ throttlePercent: 10 })).toThrow(
      'openFor must be at least 4 min with throttlePercent, got 30 s: the alarm alone opens the circuit then, and takes up to 4 periods of 1 min before it can do so again; write openFor: Duration.seconds(240), leave throttlePercent out',
    );
  });

  const wrong: readonly [string, CircuitBreakerProps, string][] = [
    [
      'a ceiling under the time that it stays open',
      { openFor: Duration.minutes(2), maxOpenFor: Duration.minutes(1) },
      'maxOpenFor must be at least openFor, got 1 min with 2 min: ',
    ],
    [
      'a ceiling of two hours',
      { maxOpenFor: Duration.hours(2) },
      'maxOpenFor must be between 1 s and 1 h, got 2 h: write one like Duration.minutes(5): ',
    ],
    ['no probe', { probes: 0 }, 'probes must be a whole number between 1 and 20, got 0: '],
    ['21 probes', { probes: 21 }, 'probes must be a whole number between 1 and 20, got 21: write one like 3: '],
    ['half a probe', { probes: 0.5 }, 'probes must be a whole number between 1 and 20, got 0.5: '],
    ['no success', { successes: 0 }, 'successes must be a whole number between 1 and 100, got 0: '],
    [
      '101 successes',
      { successes: 101 },
      'successes must be a whole number between 1 and 100, got 101: write one like 3: ',
    ],
    [
      'more probes than successes',
      { probes: 5, successes: 2 },
      'probes must be at most successes, got 5 with 2: more probes would be sent than decide; write successes: 5 or probes: 2',
    ],
    [
      'a long ramp',
      { rampUp: Duration.minutes(11) },
      'rampUp must be between 0 s and 10 min, got 11 min: write one like Duration.seconds(5): ',
    ],
    [
      'a quick slow call',
      { slowCall: Duration.millis(49) },
      'slowCall must be between 50 ms and 29 s, got 49 ms: write one like Duration.seconds(2): ',
    ],
    [
      'slow requests that nobody tells',
      { slowPercent: 20 },
      'slowPercent must come with slowCall, got 20 alone: write slowCall: Duration.seconds(2)',
    ],
    [
      'no percentage of slow requests',
      { slowCall: Duration.seconds(1), slowPercent: 0 },
      'slowPercent must be more than 0 and at most 100, got 0: ',
    ],
    ['too many throttles', { throttlePercent: 101 }, 'throttlePercent must be more than 0 and at most 100, got 101: '],
    ['no status', { failureStatuses: [] }, 'failureStatuses must name at least one status, got []: '],
    [
      "a client's own error",
      { failureStatuses: [503, 429] },
      "a status of failureStatuses must be a whole number between 500 and 599, got 429: leave out others, which are the client's own error",
    ],
    [
      'a status twice',
      { failureStatuses: [503, 502, 503] },
      'each of failureStatuses must be given once, got 503 twice: ',
    ],
    [
      'a path without a slash',
      { healthCheck: 'healthz' },
      'healthCheck must be a path of visible ASCII characters that',
    ],
    ['a path of another host', { healthCheck: '//evil/healthz' }, 'begins with one slash, got "//evil/healthz": '],
    [
      'a path with a space',
      { healthCheck: '/health check' },
      'visible ASCII characters that begins with one slash, got ',
    ],
    ['a path that is none', { healthCheck: '/gesünder' }, 'visible ASCII characters that begins with one slash, got '],
    ['a fragment', { healthCheck: '/healthz#top' }, 'healthCheck must have no fragment, got "/healthz#top": '],
    [
      'a path that climbs',
      { healthCheck: '/a/../admin' },
      "healthCheck must lie under the upstream's base path, got \"/a/../admin\": leave out its '..' segments",
    ],
    ['a path that climbs unseen', { healthCheck: '/a/%2E./x' }, "healthCheck must lie under the upstream's base path"],
    ['a long path', { healthCheck: `/${'a'.repeat(200)}` }, 'healthCheck must have at most 200 characters, got "/aaa'],
  ];
  it.each(wrong)('refuses %s', (_, props, message) => {
    expect(() => policyOf(props)).toThrow(message);
  });

  it('takes a path for its health check that only looks like one that climbs', () => {
    for (const healthCheck of ['/', '/..a', '/a?up=../..', `/${'a'.repeat(199)}`]) {
      expect(policyOf({ healthCheck })).toMatchObject({ healthCheck });
    }
  });

  it('refuses props that no compiler refused', () => {
    const of = (props: unknown) => () => CircuitBreaker.of(props as Parameters<typeof CircuitBreaker.of>[0]);
    expect(of({ failurePercnt: 20 })).toThrow(
      /^props must be among failurePercent, minRequests, window, openFor, .*, got "failurePercnt": write failurePercent$/,
    );
    expect(of({ failureStatuses: 503 })).toThrow(
      'failureStatuses must be an array of numbers, got 503: write one like ',
    );
    expect(of({ failureStatuses: ['503'] })).toThrow('failureStatuses must be an array of numbers, got ["503"]: ');
    expect(of({ fallback: 'later' })).toThrow('fallback must be an object, got "later": write one like { status: 200');
    expect(of({ probes: true })).toThrow('probes must be a number, got true: write a number like 2');
    expect(of({ openFor: 30 })).toThrow('openFor must be a Duration, got 30: write one like Duration.seconds(5)');
    expect(of({ outcomes: 'false' })).toThrow('outcomes must be a boolean, got "false": write true or false');
  });
});
