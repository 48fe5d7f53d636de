import { Duration } from 'aws-cdk-lib';
import type { CircuitPolicy } from '../../lambdas/contract/policy.ts';
import { InvalidPropError } from '../invalid-prop.ts';
import { intervalMs } from './interval.ts';

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
   * How long requests are answered 503 before one is let through to try.
   *
   * @default Duration.seconds(30)
   */
  readonly openFor?: Duration;
  /**
   * Whether the outcomes of requests open the circuit, at once and for all proxy functions. False leaves that to the
   * alarm, some 10 to 30 seconds later at the default window, and to an operator.
   *
   * @default true
   */
  readonly outcomes?: boolean;
}

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
    return new CircuitBreaker({
      failureShare: failurePercent / 100,
      minRequests,
      windowMs: intervalMs('the window of a circuit', props.window ?? Duration.seconds(10), WINDOW),
      openForMs: intervalMs('openFor', props.openFor ?? Duration.seconds(30), OPEN_FOR),
      outcomes,
    });
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
