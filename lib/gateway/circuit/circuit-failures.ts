import { Duration } from 'aws-cdk-lib';
import {
  type CircuitPolicy,
  CIRCUIT_DEFAULTS as DEFAULTS,
  type SlowPolicy,
} from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { BOOLEAN, DURATION, type Kind, NUMBER, optional, type PropKinds } from '../props/check-props.ts';
import { intervalMs, words } from '../props/interval.ts';
import { LONGEST_TIMEOUT } from '../props/overhead-allowance.ts';
import { percentShare } from '../props/percent-share.ts';
import { wholeNumber } from '../props/whole-number.ts';

/** Outcomes that count as an upstream's failures. A client's own error or hang-up never does. */
export interface CircuitFailureProps {
  /**
   * Statuses of the upstream that are failures, among 500 to 599: `[502, 503, 504]`.
   *
   * @default - all from 500 to 599 but 501, which speaks of the method that the client chose
   */
  readonly failureStatuses?: readonly number[];
  /**
   * Whether a call fails if its answer is not complete within the service's `timeout`.
   *
   * @default true
   */
  readonly failOnTimeout?: boolean;
  /**
   * Whether a call fails if the upstream cannot be reached, breaks the connection or does not answer HTTP.
   *
   * @default true
   */
  readonly failOnReset?: boolean;
  /**
   * A call that takes at least this time is slow. Many slow calls open the circuit even if they succeed. From 50 ms, shorter
   * than the service's `timeout`.
   *
   * @default - none is
   */
  readonly slowCall?: Duration;
  /**
   * Percentage of slow calls that opens the circuit; only with `slowCall`.
   *
   * @default 50
   */
  readonly slowPercent?: number;
}

const NUMBERS: Kind = {
  is: (value) => Array.isArray(value) && value.every((one) => typeof one === 'number'),
  rule: 'an array of numbers',
  fix: 'write one like [502, 503, 504]',
};

export const CIRCUIT_FAILURE_PROPS = {
  failureStatuses: optional(NUMBERS),
  failOnTimeout: optional(BOOLEAN),
  failOnReset: optional(BOOLEAN),
  slowCall: optional(DURATION),
  slowPercent: optional(NUMBER),
} satisfies PropKinds<CircuitFailureProps>;

const STATUS = { min: 500, max: 599, fix: "leave out others, which are the client's own error, or none" };
const SLOW_CALL = {
  min: Duration.millis(50),
  max: LONGEST_TIMEOUT,
  reason: 'write one like Duration.seconds(2): less is the noise of a network, and more is a timeout',
};

/** @throws InvalidPropError for a status that no upstream sends, or that says nothing about its health */
export function circuitFailures(
  props: CircuitFailureProps,
): Pick<CircuitPolicy, 'failureStatuses' | 'failOnTimeout' | 'failOnReset' | 'slow'> {
  const { failOnTimeout = DEFAULTS.failOnTimeout, failOnReset = DEFAULTS.failOnReset } = props;
  return { failureStatuses: statuses(props.failureStatuses), failOnTimeout, failOnReset, slow: slow(props) };
}

function statuses(given: readonly number[] | undefined): readonly number[] | null {
  if (given === undefined) return DEFAULTS.failureStatuses;
  if (given.length === 0) {
    throw new InvalidPropError(
      'failureStatuses must name at least one status, got []: leave it out for all from 500 to 599, or write CircuitBreaker.none()',
    );
  }
  for (const [index, status] of given.entries()) {
    wholeNumber('a status of failureStatuses', status, STATUS);
    if (given.indexOf(status) < index) {
      throw new InvalidPropError(
        `each of failureStatuses must be given once, got ${status} twice: leave one out, or write the other that is meant`,
      );
    }
  }
  return [...given];
}

function slow({ slowCall, slowPercent }: CircuitFailureProps): SlowPolicy | null {
  if (slowCall !== undefined) {
    const overMs = intervalMs('slowCall', slowCall, SLOW_CALL);
    return {
      overMs,
      share: percentShare('slowPercent', slowPercent ?? 50, '50 opens when half of the requests are slow'),
    };
  }
  if (slowPercent === undefined) return DEFAULTS.slow;
  throw new InvalidPropError(
    `slowPercent must come with slowCall, got ${slowPercent} alone: write slowCall: Duration.seconds(2), or how long a slow request takes`,
  );
}

/** @throws InvalidPropError if every slow call would be a timeout already */
export function checkSlowCall(circuit: CircuitPolicy | null, timeoutMs: number): void {
  const overMs = circuit?.slow?.overMs ?? 0;
  if (overMs < timeoutMs) return;
  throw new InvalidPropError(
    `slowCall must be shorter than the service's timeout, got ${words(Duration.millis(overMs))} with ${words(Duration.millis(timeoutMs))}: what takes longer is a timeout, and fails; give a shorter one, or a longer timeout`,
  );
}
