import { Duration } from 'aws-cdk-lib';
import type { CircuitPolicy } from '../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../invalid-prop.ts';
import { alarmPeriod } from './alarm-period.ts';
import { BOOLEAN, checkProps, DURATION, type Kind, NUMBER, optional, type PropKinds } from './check-props.ts';
import { intervalMs, words } from './interval.ts';

export interface CircuitBreakerProps {
  /**
   * Percentage of failed requests that opens the circuit: 5xx, timeouts, lost connections.
   *
   * @default 50
   */
  readonly failurePercent?: number;
  /**
   * Requests that the window must hold before the percentage counts.
   *
   * @default 5
   */
  readonly minRequests?: number;
  /**
   * How far back outcomes count, 1 s to 1 h. The alarm looks back over the shortest period that covers it and that
   * CloudWatch takes: 10 s, 30 s or whole minutes.
   *
   * @default Duration.seconds(10)
   */
  readonly window?: Duration;
  /**
   * How long requests are answered 503 before one is let through to try, 1 s to 1 h.
   *
   * @default Duration.seconds(30)
   */
  readonly openFor?: Duration;
  /**
   * Whether the outcomes of requests open the circuit, at once and for all proxy functions. False leaves that to the
   * alarm alone, which comes up to a period and some seconds later. It acts only when its state changes, and is OK
   * again only up to three periods after its last datapoint: `openFor` must be at least three of its periods then.
   *
   * @default true
   */
  readonly outcomes?: boolean;
}

const PROPS = {
  failurePercent: optional(NUMBER),
  minRequests: optional(NUMBER),
  window: optional(DURATION),
  openFor: optional(DURATION),
  outcomes: optional(BOOLEAN),
} satisfies PropKinds<CircuitBreakerProps>;

const WINDOW = {
  min: Duration.seconds(1),
  max: Duration.hours(1),
  reason: 'a circuit answers for what goes wrong now',
};
const OPEN_FOR = {
  min: Duration.seconds(1),
  max: Duration.hours(1),
  reason: 'an open circuit lets a request through to try when this time is over',
};

/** When a service that fails is left alone. */
export class CircuitBreaker {
  static of(props: CircuitBreakerProps = {}): CircuitBreaker {
    checkProps(props, PROPS);
    const { failurePercent = 50, minRequests = 5, outcomes = true } = props;
    if (!(failurePercent > 0 && failurePercent <= 100)) {
      throw new InvalidPropError(
        `failurePercent must be more than 0 and at most 100, got ${failurePercent}: 50 opens when half of the requests fail`,
      );
    }
    if (!Number.isSafeInteger(minRequests) || minRequests < 1) {
      throw new InvalidPropError(
        `minRequests must be a whole number of at least 1, got ${minRequests}: it keeps a single failure at night from opening the circuit`,
      );
    }
    const windowMs = intervalMs('the window of a circuit', props.window ?? Duration.seconds(10), WINDOW);
    const openForMs = intervalMs('openFor', props.openFor ?? Duration.seconds(30), OPEN_FOR);
    if (!outcomes) checkAlarmOpensAgain(windowMs, openForMs);
    return new CircuitBreaker({ failureShare: failurePercent / 100, minRequests, windowMs, openForMs, outcomes });
  }

  /** Forwards whatever happens. No alarm is made. */
  static none(): CircuitBreaker {
    return new CircuitBreaker(null);
  }

  readonly #policy: CircuitPolicy | null;

  private constructor(policy: CircuitPolicy | null) {
    this.#policy = policy;
  }

  /** As the functions read it. */
  get policy(): CircuitPolicy | null {
    return this.#policy;
  }
}

export const CIRCUIT_BREAKER: Kind = {
  is: (value) => value instanceof CircuitBreaker,
  rule: 'a CircuitBreaker',
  fix: 'write CircuitBreaker.of({ … }) or CircuitBreaker.none()',
};

/** Periods after which an alarm without datapoints is OK again. */
const PERIODS_TO_OK = 3;

/** An alarm that is still in ALARM when the circuit closes does not change its state, so it opens nothing. */
function checkAlarmOpensAgain(windowMs: number, openForMs: number): void {
  const period = alarmPeriod(windowMs);
  const least = Duration.millis(PERIODS_TO_OK * period.toMilliseconds());
  if (openForMs >= least.toMilliseconds()) return;
  const longer =
    least.toMilliseconds() <= OPEN_FOR.max.toMilliseconds() &&
    `write openFor: Duration.seconds(${least.toSeconds()}), `;
  throw new InvalidPropError(
    `openFor must be at least ${words(least)} with outcomes: false and a window of ${words(Duration.millis(windowMs))}, got ${words(Duration.millis(openForMs))}: the alarm alone opens the circuit, and takes up to ${PERIODS_TO_OK} periods of ${words(period)} before it can do so again; ${longer || ''}give a shorter window or leave outcomes true`,
  );
}
