import { Duration } from 'aws-cdk-lib';

/** The shortest period that covers the window: an alarm takes 10 s, 30 s or whole minutes. */
export function alarmPeriod(windowMs: number): Duration {
  if (windowMs <= 10_000) return Duration.seconds(10);
  if (windowMs <= 30_000) return Duration.seconds(30);
  return Duration.minutes(Math.ceil(windowMs / 60_000));
}

/** Lambda writes its metrics once a minute. */
export const THROTTLES_PERIOD = Duration.minutes(1);

/**
 * Periods of which one has to breach. The proxy functions' metrics are made from log lines: those of a period may arrive
 * when it has been evaluated already, or in part. The two periods before the latest are looked at again for that.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Alarms.html
 */
export const LOGGED_PERIODS = 3;

/** For Lambda's own metrics, which wait for no log line, the latest period is enough. */
export const THROTTLES_PERIODS = 1;
