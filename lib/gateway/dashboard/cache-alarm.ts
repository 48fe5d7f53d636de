import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { FoundationCache } from '../../foundation/foundation.ts';
import { notifyOf } from '../props/alarm-topic.ts';

export interface CacheAlarmProps {
  readonly gateway: string;
  readonly cache: FoundationCache;
  /** Notified of the alarm. */
  readonly notify: IAlarmAction;
}

/**
 * Says that a serverless cache refused commands because load grew faster than the cache: limits were then counted by each
 * instance alone. https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-metrics-events-redis.html
 */
export class CacheAlarm extends Construct {
  readonly period: Duration = Duration.minutes(1);
  /** Metrics that the alarm reads: what it is billed by. */
  readonly metrics = 1;

  constructor(scope: Construct, id: string, { gateway, cache, notify }: CacheAlarmProps) {
    super(scope, id);
    const alarm = new Alarm(this, 'Alarm', {
      alarmName: `${gateway}-cache-throttled`,
      alarmDescription: 'The serverless cache throttled commands: raise ecpuMinimum, or spread what one slot counts',
      metric: new Metric({
        namespace: 'AWS/ElastiCache',
        metricName: 'ThrottledCmds',
        dimensionsMap: { ...cache.dimensions },
        statistic: Stats.SUM,
        period: this.period,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    notifyOf(alarm, notify);
  }
}
