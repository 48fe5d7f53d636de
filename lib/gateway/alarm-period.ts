import { Duration } from 'aws-cdk-lib';

/** The shortest period that covers the window: an alarm takes 10 s, 30 s or whole minutes. */
export function alarmPeriod(windowMs: number): Duration {
  if (windowMs <= 10_000) return Duration.seconds(10);
  if (windowMs <= 30_000) return Duration.seconds(30);
  return Duration.minutes(Math.ceil(windowMs / 60_000));
}

/** Lambda writes its metrics once a minute. */
export const THROTTLES_PERIOD = Duration.minutes(1);
