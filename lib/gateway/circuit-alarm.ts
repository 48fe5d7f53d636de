import type { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  Metric as CloudWatchMetric,
  ComparisonOperator,
  type IAlarmAction,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { circuitAlarmName } from '../../lambdas/contract/circuits-config.ts';
import { Metric, SERVICE_DIMENSION } from '../../lambdas/contract/metrics.ts';
import type { CircuitPolicy } from '../../lambdas/contract/policy.ts';
import { alarmPeriod } from './alarm-period.ts';

export interface CircuitAlarmProps {
  readonly gateway: string;
  readonly service: string;
  readonly namespace: string;
  readonly policy: CircuitPolicy;
  readonly action: IAlarmAction;
}

/** Opens a service's circuit from what CloudWatch saw, whether Redis is up or not. */
export class CircuitAlarm extends Construct {
  readonly alarm: Alarm;
  /** How far back the alarm looks. */
  readonly period: Duration;

  constructor(scope: Construct, id: string, props: CircuitAlarmProps) {
    super(scope, id);
    const { policy } = props;
    const period = alarmPeriod(policy.windowMs);
    this.period = period;
    // Written as 0 or 1 for each forwarded request: its average is the share, its sample count the volume.
    const failures = (statistic: string) =>
      new CloudWatchMetric({
        namespace: props.namespace,
        metricName: Metric.failures,
        dimensionsMap: { [SERVICE_DIMENSION]: props.service },
        statistic,
        period,
      });
    this.alarm = new Alarm(this, 'Alarm', {
      alarmName: circuitAlarmName(props.gateway, props.service),
      alarmDescription: `Opens the circuit of ${props.service}: ${policy.failureShare * 100} % of at least ${policy.minRequests} requests failed`,
      metric: new MathExpression({
        expression: `IF(n >= ${policy.minRequests}, share, 0)`,
        usingMetrics: { share: failures(Stats.AVERAGE), n: failures(Stats.SAMPLE_COUNT) },
        label: 'Failure share',
        period,
      }),
      threshold: policy.failureShare,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm.addAlarmAction(props.action);
  }
}
