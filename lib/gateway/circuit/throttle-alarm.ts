import type { Duration } from 'aws-cdk-lib';
import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { percentOf } from '../props/percent-share.ts';
import { THROTTLES_PERIOD, THROTTLES_PERIODS } from './alarm-period.ts';
import { type CircuitAlarmContext, shareAlarm } from './share-alarm.ts';

export interface ThrottleAlarmProps extends CircuitAlarmContext {
  readonly proxyFunction: IFunction;
  /** Share of throttled invocations, 0 < share <= 1. */
  readonly share: number;
  /** Invocations that a minute must hold before the share counts. */
  readonly minRequests: number;
}

/** Opens a service's circuit when Lambda throttles its proxy function, which does not see those requests. */
export class ThrottleAlarm extends Construct {
  readonly alarm: Alarm;
  readonly period: Duration = THROTTLES_PERIOD;
  /** Metrics that it reads: what an alarm is billed by. */
  readonly metrics = 2;

  constructor(scope: Construct, id: string, props: ThrottleAlarmProps) {
    super(scope, id);
    const { proxyFunction, share, minRequests } = props;
    const sum = { statistic: Stats.SUM, period: this.period };
    // Throttled requests are no invocations (AWS: Types of metrics for Lambda functions).
    const all = 'invocations + throttles';
    this.alarm = shareAlarm(this, {
      ...props,
      kind: 'throttles',
      when: `${percentOf(share)} % of at least ${minRequests} invocations were throttled`,
      label: 'Throttled share',
      expression: `IF(${all} >= ${minRequests}, throttles / (${all}), 0)`,
      usingMetrics: {
        invocations: proxyFunction.metricInvocations(sum),
        throttles: proxyFunction.metricThrottles(sum),
      },
      period: this.period,
      evaluationPeriods: THROTTLES_PERIODS,
    });
  }
}
