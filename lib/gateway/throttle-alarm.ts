import type { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { circuitAlarmName } from '../../lambdas/contract/circuits-config.ts';
import { THROTTLES_PERIOD } from './alarm-period.ts';
import { notifyOf } from './alarm-topic.ts';
import { percentOf } from './percent-share.ts';

export interface ThrottleAlarmProps {
  readonly gateway: string;
  readonly service: string;
  readonly proxyFunction: IFunction;
  /** Share of throttled invocations, 0 < share <= 1. */
  readonly share: number;
  /** Invocations that a minute must hold before the share counts. */
  readonly minRequests: number;
  /** Opens the circuit. */
  readonly action: IAlarmAction;
  /** Is told of the alarm. */
  readonly notify: IAlarmAction | undefined;
}

/** Opens a service's circuit when Lambda throttles its proxy function: requests of which the function never knows. */
export class ThrottleAlarm extends Construct {
  readonly alarm: Alarm;
  readonly period: Duration = THROTTLES_PERIOD;
  /** Metrics that it reads: what an alarm is billed by. */
  readonly metrics = 2;

  constructor(scope: Construct, id: string, props: ThrottleAlarmProps) {
    super(scope, id);
    const { service, proxyFunction, share, minRequests } = props;
    const sum = { statistic: Stats.SUM, period: this.period };
    // What was throttled is no invocation (AWS: Types of metrics for Lambda functions).
    const all = 'invocations + throttles';
    this.alarm = new Alarm(this, 'Alarm', {
      alarmName: circuitAlarmName(props.gateway, service, 'throttles'),
      alarmDescription: `Opens the circuit of ${service}: ${percentOf(share)} % of at least ${minRequests} invocations were throttled`,
      metric: new MathExpression({
        expression: `IF(${all} >= ${minRequests}, throttles / (${all}), 0)`,
        usingMetrics: {
          invocations: proxyFunction.metricInvocations(sum),
          throttles: proxyFunction.metricThrottles(sum),
        },
        label: 'Throttled share',
        period: this.period,
      }),
      threshold: share,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm.addAlarmAction(props.action);
    notifyOf(this.alarm, props.notify);
  }
}
