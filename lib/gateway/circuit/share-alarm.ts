import type { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type CircuitAlarmKind, circuitAlarmName } from '../../../lambdas/contract/circuit/circuits-config.ts';
import { notifyOf } from '../props/alarm-topic.ts';

/** Options of every alarm that opens a circuit. */
export interface CircuitAlarmContext {
  readonly gateway: string;
  readonly service: string;
  /** Opens the circuit. */
  readonly action: IAlarmAction;
  /** Notified of the alarm. */
  readonly notify: IAlarmAction | undefined;
}

export interface ShareAlarmProps extends CircuitAlarmContext {
  readonly kind: CircuitAlarmKind;
  /** The condition in words: `50 % of at least 5 requests failed`. */
  readonly when: string;
  readonly label: string;
  /** The expression that opens the circuit if it reaches `share`. */
  readonly expression: string;
  readonly usingMetrics: Readonly<Record<string, IMetric>>;
  readonly period: Duration;
  /** Number of periods; one of them must reach the share. */
  readonly evaluationPeriods: number;
  /** 0 < share <= 1. */
  readonly share: number;
}

/** An alarm that opens a circuit when one of its periods reaches the share. Missing data do not open it. */
export function shareAlarm(scope: Construct, props: ShareAlarmProps): Alarm {
  const { gateway, service, kind, when, expression, usingMetrics, label, period, evaluationPeriods, share } = props;
  const alarm = new Alarm(scope, 'Alarm', {
    alarmName: circuitAlarmName(gateway, service, kind),
    alarmDescription: `Opens the circuit of ${service}: ${when}`,
    metric: new MathExpression({ expression, usingMetrics, label, period }),
    threshold: share,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods,
    datapointsToAlarm: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(props.action);
  notifyOf(alarm, props.notify);
  return alarm;
}
