import { Duration } from 'aws-cdk-lib';
import { type CircuitPolicy, CIRCUIT_DEFAULTS as DEFAULTS } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import {
  BOOLEAN,
  checkProps,
  DURATION,
  type Kind,
  NUMBER,
  optional,
  type PropKinds,
  text,
} from '../props/check-props.ts';
import { intervalMs, words } from '../props/interval.ts';
import { percentShare } from '../props/percent-share.ts';
import { alarmPeriod, LOGGED_PERIODS, THROTTLES_PERIOD, THROTTLES_PERIODS } from './alarm-period.ts';
import { checkAlarmRearms, timeToRearm } from './alarm-rearm.ts';
import { CIRCUIT_FAILURE_PROPS, type CircuitFailureProps, circuitFailures } from './circuit-failures.ts';
import { FALLBACK, type FallbackProps, fallbackPolicy } from './circuit-fallback.ts';
import { CIRCUIT_TIMING_PROPS, type CircuitTimingProps, circuitTiming, OPEN_FOR } from './circuit-timing.ts';
import { checkHealthCheckPath } from './health-check-path.ts';

export interface CircuitBreakerProps extends CircuitTimingProps, CircuitFailureProps {
  /**
   * Percentage of failed calls that opens the circuit. `failureStatuses`, `failOnTimeout` and `failOnReset` define a
   * failed call.
   *
   * @default 50
   */
  readonly failurePercent?: number;
  /**
   * Calls that the window must hold before a percentage counts: each attempt of a request that is sent again is one. The
   * alarm counts requests.
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
   * Whether the outcomes of requests open the circuit, at once and for all proxy functions. False leaves that to the
   * alarm alone, which comes up to a period and some seconds later. It acts only when its state changes, so it has to be
   * OK again before the circuit closes. That takes six of its periods: the one in which the circuit opens, the three that
   * it looks at, and two more that CloudWatch looks back over while no request is forwarded. `openFor` is at least that
   * long then, 1 min with a window of up to 10 s.
   *
   * @default true
   */
  readonly outcomes?: boolean;
  /**
   * Percentage of the proxy function's invocations in a minute that Lambda throttles, at which an alarm opens the
   * circuit; `openFor` must be at least 4 minutes then. The alarm costs $0.20 a month.
   *
   * @default - throttled invocations open nothing, and no alarm is made
   */
  readonly throttlePercent?: number;
  /**
   * Path under the upstream's base URL: `/healthz`. An open circuit asks it before it sends a client's request there. The
   * upstream is healthy if it answers 200 to 399 within 2 s, or within a quarter of the service's `timeout` if that is less.
   *
   * @default - requests of clients try the upstream
   */
  readonly healthCheck?: string;
  /**
   * True: the circuit moves and reports what it would reject. It rejects only while an operator holds it open.
   *
   * @default false
   */
  readonly shadow?: boolean;
  /**
   * What is answered in place of 503 to requests that the circuit rejects.
   *
   * @default - 503 `circuit_open` as `application/problem+json`
   */
  readonly fallback?: FallbackProps;
}

const PROPS = {
  failurePercent: optional(NUMBER),
  minRequests: optional(NUMBER),
  window: optional(DURATION),
  ...CIRCUIT_TIMING_PROPS,
  outcomes: optional(BOOLEAN),
  ...CIRCUIT_FAILURE_PROPS,
  throttlePercent: optional(NUMBER),
  healthCheck: optional(text('/healthz')),
  shadow: optional(BOOLEAN),
  fallback: optional(FALLBACK),
} satisfies PropKinds<CircuitBreakerProps>;

const WINDOW = {
  min: Duration.seconds(1),
  max: Duration.hours(1),
  reason:
    'write one like Duration.seconds(10), longer where requests are few: a circuit answers for what goes wrong now',
};

/** When a service that fails is left alone. */
export class CircuitBreaker {
  static of(props: CircuitBreakerProps = {}): CircuitBreaker {
    checkProps(props, PROPS);
    const { outcomes = DEFAULTS.outcomes, shadow = DEFAULTS.shadow, healthCheck, throttlePercent } = props;
    const { failurePercent = 100 * DEFAULTS.failureShare, window = Duration.millis(DEFAULTS.windowMs) } = props;
    if (healthCheck !== undefined) checkHealthCheckPath(healthCheck);
    const windowMs = intervalMs('the window of a circuit', window, WINDOW);
    const policy = {
      failureShare: percentShare('failurePercent', failurePercent, '50 opens when half of the requests fail'),
      minRequests: minRequests(props),
      windowMs,
      ...circuitTiming(outcomes ? props : openUntilRearmed(props, windowMs)),
      outcomes,
      ...circuitFailures(props),
      healthCheck: healthCheck ?? DEFAULTS.healthCheck,
      shadow,
      fallback: fallbackPolicy(props.fallback),
    };
    const throttleShare =
      throttlePercent === undefined
        ? null
        : percentShare('throttlePercent', throttlePercent, '10 opens when a tenth of the invocations is throttled');
    checkAlarmsRearm(policy, throttleShare);
    return new CircuitBreaker(policy, throttleShare);
  }

  /** Forwards whatever happens. No alarm is made. */
  static none(): CircuitBreaker {
    return new CircuitBreaker(null, null);
  }

  /** As the functions read it. */
  readonly policy: CircuitPolicy | null;
  /** Share of throttled invocations, 0 < share <= 1, at which an alarm opens the circuit; null: there is no such alarm. */
  readonly throttleShare: number | null;

  private constructor(policy: CircuitPolicy | null, throttleShare: number | null) {
    this.policy = policy;
    this.throttleShare = throttleShare;
  }
}

export const CIRCUIT_BREAKER: Kind = {
  is: (value) => value instanceof CircuitBreaker,
  rule: 'a CircuitBreaker',
  fix: 'write CircuitBreaker.of({ … }) or CircuitBreaker.none()',
};

function minRequests({ minRequests: least = DEFAULTS.minRequests }: CircuitBreakerProps): number {
  if (Number.isSafeInteger(least) && least >= 1) return least;
  throw new InvalidPropError(
    `minRequests must be a whole number of at least 1, got ${least}: write one like 5, which keeps a single failure at night from opening the circuit`,
  );
}

/** The `openFor` of a circuit that its alarm alone opens, where none is given: the usual one, or longer if it has to be. */
function openUntilRearmed(props: CircuitBreakerProps, windowMs: number): CircuitBreakerProps {
  const least = timeToRearm(alarmPeriod(windowMs), LOGGED_PERIODS).toMilliseconds();
  if (props.openFor !== undefined || least > OPEN_FOR.max.toMilliseconds()) return props;
  return { ...props, openFor: Duration.millis(Math.max(least, DEFAULTS.openForMs)) };
}

function checkAlarmsRearm({ windowMs, openForMs, outcomes }: CircuitPolicy, throttleShare: number | null): void {
  if (!outcomes) {
    const failures = {
      period: alarmPeriod(windowMs),
      evaluationPeriods: LOGGED_PERIODS,
      wanted: `with outcomes: false and a window of ${words(Duration.millis(windowMs))}`,
      otherwise: 'give a shorter window or leave outcomes true',
    };
    checkAlarmRearms(failures, openForMs);
  }
  // Proxy functions do not see throttled requests.
  if (throttleShare !== null) {
    const throttles = {
      period: THROTTLES_PERIOD,
      evaluationPeriods: THROTTLES_PERIODS,
      wanted: 'with throttlePercent',
      otherwise: 'leave throttlePercent out',
    };
    checkAlarmRearms(throttles, openForMs);
  }
}
