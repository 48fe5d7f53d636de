import type { Duration } from 'aws-cdk-lib';
import { type Alarm, Metric as CloudWatchMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { CircuitPolicy } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { Metric, type MetricName, SERVICE_DIMENSION } from '../../../lambdas/contract/metrics.ts';
import { decimal } from '../dashboard/tiered-price.ts';
import { percentOf } from '../props/percent-share.ts';
import { alarmPeriod, LOGGED_PERIODS } from './alarm-period.ts';
import { type CircuitAlarmContext, shareAlarm } from './share-alarm.ts';

export interface CircuitAlarmProps extends CircuitAlarmContext {
  readonly namespace: string;
  readonly policy: CircuitPolicy;
}

/**
 * Opens a service's circuit from what CloudWatch saw, whether Redis is up or not: the share of failures, and the latency
 * where the service counts slow requests.
 */
export class CircuitAlarm extends Construct {
  readonly alarm: Alarm;
  /** Length of a period; the alarm looks at the last three. */
  readonly period: Duration;
  /** Metrics that it reads: what an alarm is billed by. */
  readonly metrics: number;

  constructor(scope: Construct, id: string, props: CircuitAlarmProps) {
    super(scope, id);
    const { policy } = props;
    const { failureShare, minRequests, slow } = policy;
    this.period = alarmPeriod(policy.windowMs);
    const usingMetrics = metricsOf(props, this.period);
    this.metrics = Object.keys(usingMetrics).length;
    const orSlow = slow === null ? '' : `, or ${percentOf(slow.share)} % took ${slow.overMs} ms or longer`;
    this.alarm = shareAlarm(this, {
      ...props,
      kind: 'failures',
      when: `${percentOf(failureShare)} % of at least ${minRequests} requests failed${orSlow}`,
      label: slow === null ? 'Failure share' : 'Failure share, or latency in ms',
      expression: expression(policy),
      usingMetrics,
      period: this.period,
      evaluationPeriods: LOGGED_PERIODS,
      share: failureShare,
    });
  }
}

/**
 * One alarm for both: a third metric ($0.30) costs less than a second alarm ($0.60) or one composed of two ($0.50). A
 * share is at most 1 and a bound of latency at least 50, so what the alarm tells says by itself which of them it was.
 */
function expression({ failureShare, minRequests, slow }: CircuitPolicy): string {
  if (slow === null) return `IF(n >= ${minRequests}, share, 0)`;
  const tooSlow = `IF(latency >= ${slow.overMs}, latency, 0)`;
  return `IF(n < ${minRequests}, 0, IF(share >= ${decimal(failureShare)}, share, ${tooSlow}))`;
}

function metricsOf({ namespace, service, policy }: CircuitAlarmProps, period: Duration) {
  const metric = (metricName: MetricName, statistic: string) =>
    new CloudWatchMetric({
      namespace,
      metricName,
      dimensionsMap: { [SERVICE_DIMENSION]: service },
      statistic,
      period,
    });
  return {
    // Written as 0 or 1 for each forwarded request: its average is the share, its sample count the volume.
    share: metric(Metric.failures, Stats.AVERAGE),
    n: metric(Metric.failures, Stats.SAMPLE_COUNT),
    // As much of the requests lies above this percentile as may not be slow: p50 for half of them, p99 for one in a hundred.
    ...(policy.slow && {
      latency: metric(Metric.upstreamLatency, Stats.percentile(100 - percentOf(policy.slow.share))),
    }),
  };
}
