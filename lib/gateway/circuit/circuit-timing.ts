import { Duration } from 'aws-cdk-lib';
import { type CircuitTiming, CIRCUIT_DEFAULTS as DEFAULTS } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { DURATION, NUMBER, optional, type PropKinds } from '../props/check-props.ts';
import { intervalMs, words } from '../props/interval.ts';
import { wholeNumber } from '../props/whole-number.ts';

export interface CircuitTimingProps {
  /**
   * How long requests are answered 503 before some are let through to try, 1 s to 1 h.
   *
   * @default - 30 s; with `outcomes: false` six periods of the alarm, where that is longer
   */
  readonly openFor?: Duration;
  /**
   * How long it may be at most: each time that the upstream is tried and fails it is left alone for up to twice as long,
   * at random down to half of that, up to this. At least `openFor`, at most 1 h.
   *
   * @default - 5 minutes, or `openFor` where that is longer
   */
  readonly maxOpenFor?: Duration;
  /**
   * Requests that may try the upstream at once, of all instances of the proxy function together, 1 to 20; further ones
   * are still answered 503. At most `successes`.
   *
   * @default - 3, or `successes` where that is less
   */
  readonly probes?: number;
  /**
   * Such requests that must succeed for the circuit to close, 1 to 100.
   *
   * @default - 3, or `probes` where that is more
   */
  readonly successes?: number;
  /**
   * For so long after the circuit closed a growing share of the requests passes, so that a recovering upstream is not
   * flattened; up to 10 minutes. `Duration.seconds(0)` lets all of them pass at once.
   *
   * @default Duration.seconds(5)
   */
  readonly rampUp?: Duration;
}

export const CIRCUIT_TIMING_PROPS = {
  openFor: optional(DURATION),
  maxOpenFor: optional(DURATION),
  probes: optional(NUMBER),
  successes: optional(NUMBER),
  rampUp: optional(DURATION),
} satisfies PropKinds<CircuitTimingProps>;

export const OPEN_FOR = {
  min: Duration.seconds(1),
  max: Duration.hours(1),
  reason: 'write one like Duration.seconds(30), after which requests try whether the upstream is well',
};
const MAX_OPEN_FOR = {
  ...OPEN_FOR,
  reason: 'write one like Duration.minutes(5): before it ends the gateway does not see that the upstream has recovered',
};
const RAMP_UP = {
  min: Duration.seconds(0),
  max: Duration.minutes(10),
  reason:
    'write one like Duration.seconds(5): until it is over requests are turned away that the upstream could take, and Duration.seconds(0) turns none away',
};
const PROBES = {
  min: 1,
  max: 20,
  fix: 'write one like 3: they are requests of clients, sent to an upstream that may still fail',
};
const SUCCESSES = {
  min: 1,
  max: 100,
  fix: 'write one like 3: until that many have succeeded the circuit rejects all other requests',
};

/** @throws InvalidPropError for a time or a number that cannot be */
export function circuitTiming(props: CircuitTimingProps): CircuitTiming {
  const openForMs = intervalMs('openFor', props.openFor ?? Duration.millis(DEFAULTS.openForMs), OPEN_FOR);
  return {
    openForMs,
    maxOpenForMs: maxOpenForMs(props.maxOpenFor, openForMs),
    ...trial(props),
    rampUpMs: intervalMs('rampUp', props.rampUp ?? Duration.millis(DEFAULTS.rampUpMs), RAMP_UP),
  };
}

function maxOpenForMs(given: Duration | undefined, openForMs: number): number {
  if (given === undefined) return Math.max(DEFAULTS.maxOpenForMs, openForMs);
  const maxMs = intervalMs('maxOpenFor', given, MAX_OPEN_FOR);
  if (maxMs >= openForMs) return maxMs;
  throw new InvalidPropError(
    `maxOpenFor must be at least openFor, got ${words(given)} with ${words(Duration.millis(openForMs))}: a circuit whose trials fail stays open longer, not shorter; leave it out or give more`,
  );
}

function trial(given: CircuitTimingProps): Pick<CircuitTiming, 'probes' | 'successes'> {
  const { probes = Math.min(DEFAULTS.probes, given.successes ?? Number.POSITIVE_INFINITY) } = given;
  const { successes = Math.max(DEFAULTS.successes, probes) } = given;
  wholeNumber('successes', successes, SUCCESSES);
  wholeNumber('probes', probes, PROBES);
  if (probes > successes) {
    throw new InvalidPropError(
      `probes must be at most successes, got ${probes} with ${successes}: more probes would be sent than decide; write successes: ${probes} or probes: ${successes}`,
    );
  }
  return { probes, successes };
}
