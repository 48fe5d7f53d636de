import { Duration } from 'aws-cdk-lib';
import { InvalidPropError } from '../invalid-prop.ts';
import { OPEN_FOR } from './circuit-timing.ts';
import { words } from './interval.ts';

/** Periods after which an alarm without datapoints is OK again. */
const PERIODS_TO_OK = 3;

/**
 * An alarm that is still in ALARM when the circuit closes does not change its state, so it opens nothing.
 *
 * @param wanted `with throttlePercent`: what makes it the alarm's own task to open the circuit
 * @param otherwise what to do other than to give a longer `openFor`
 * @throws InvalidPropError when the circuit would close before its alarm can open it again
 */
export function checkAlarmRearms(period: Duration, openForMs: number, wanted: string, otherwise: string): void {
  const least = Duration.millis(PERIODS_TO_OK * period.toMilliseconds());
  if (openForMs >= least.toMilliseconds()) return;
  const longer =
    least.toMilliseconds() <= OPEN_FOR.max.toMilliseconds() &&
    `write openFor: Duration.seconds(${least.toSeconds()}), `;
  throw new InvalidPropError(
    `openFor must be at least ${words(least)} ${wanted}, got ${words(Duration.millis(openForMs))}: the alarm alone opens the circuit then, and takes up to ${PERIODS_TO_OK} periods of ${words(period)} before it can do so again; ${longer || ''}${otherwise}`,
  );
}
