import { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../../invalid-prop.ts';
import { words } from '../props/interval.ts';
import { OPEN_FOR } from './circuit-timing.ts';

/**
 * While data are missing CloudWatch goes on with what it has of older periods: it looks back over 5 periods where 3 count.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const LOOKED_BACK_BEYOND = 2;

/** Periods after which an alarm that opened a circuit can go off again. */
function periodsToRearm(evaluationPeriods: number): number {
  // The period in which the circuit opens may breach as well, and none after it.
  return evaluationPeriods + LOOKED_BACK_BEYOND + 1;
}

/**
 * How long a circuit must stay open for its alarm to be OK again before the circuit closes. An alarm that is still in ALARM
 * then does not change its state, so it opens nothing.
 */
export function timeToRearm(period: Duration, evaluationPeriods: number): Duration {
  return Duration.millis(periodsToRearm(evaluationPeriods) * period.toMilliseconds());
}

export interface RearmingAlarm {
  readonly period: Duration;
  readonly evaluationPeriods: number;
  /** `with throttlePercent`: what makes it the alarm's own task to open the circuit. */
  readonly wanted: string;
  /** The fix other than a longer `openFor`. */
  readonly otherwise: string;
}

/** @throws InvalidPropError when the circuit would close before its alarm can open it again */
export function checkAlarmRearms(alarm: RearmingAlarm, openForMs: number): void {
  const { period, evaluationPeriods, wanted, otherwise } = alarm;
  const least = timeToRearm(period, evaluationPeriods);
  if (openForMs >= least.toMilliseconds()) return;
  const longer =
    least.toMilliseconds() <= OPEN_FOR.max.toMilliseconds()
      ? `write openFor: Duration.seconds(${least.toSeconds()}), `
      : '';
  throw new InvalidPropError(
    `openFor must be at least ${words(least)} ${wanted}, got ${words(Duration.millis(openForMs))}: the alarm alone opens the circuit then, and takes up to ${periodsToRearm(evaluationPeriods)} periods of ${words(period)} before it can do so again; ${longer}${otherwise}`,
  );
}
