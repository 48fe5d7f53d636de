import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { HIGH_RESOLUTION, type MetricName } from '../../../../lambdas/contract/metrics.ts';
import { CircuitAlarm } from '../../../../lib/gateway/circuit/circuit-alarm.ts';
import { CircuitBreaker, type CircuitBreakerProps } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import { type MetricQuery, onlyResource, serviceProps, testApp, testGateway } from '../../support/stacks.ts';

/** The queries of the alarm of a circuit: the expression, and the metrics that it reads. */
function queriesOf(props: CircuitBreakerProps) {
  const stack = new Stack(testApp(), 'Edge');
  const { policy } = CircuitBreaker.of(props);
  if (policy === null) throw new Error('a circuit without a policy');
  const action = { bind: () => ({ alarmActionArn: 'arn:aws:lambda:::function:circuit' }) };
  const names = { gateway: 'edge', service: 'users', namespace: 'Tollgate' };
  const { metrics: billed } = new CircuitAlarm(stack, 'Failures', { ...names, policy, action, notify: undefined });
  const alarm = onlyResource(Template.fromStack(stack), 'AWS::CloudWatch::Alarm');
  const [math, ...metrics] = alarm['Metrics'] as MetricQuery[];
  return { math, metrics, billed, description: alarm['AlarmDescription'] as string };
}

describe('the alarm of a circuit', () => {
  let template: Template;
  beforeAll(() => {
    const test = testGateway({ name: 'edge', namespace: 'Tollgate/test' });
    test.gateway.addService('users', serviceProps());
    test.gateway.addService('orders', {
      prefix: '/api/orders',
      upstream: 'http://orders',
      circuitBreaker: CircuitBreaker.of({ failurePercent: 20, minRequests: 50, window: Duration.seconds(11) }),
    });
    template = test.template();
  });

  it('goes off at the share of failures, misses no data, and invokes the circuit function', () => {
    const alarm = onlyResource(template, 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-users-failures' });
    expect(alarm).toMatchObject({
      Threshold: 0.5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ 'Fn::GetAtt': [expect.stringContaining('CircuitFunction'), 'Arn'] }],
    });
    expect(alarm).not.toHaveProperty('OKActions');
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'edge-orders-failures',
      Threshold: 0.2,
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(n >= 50, share, 0)', ReturnData: true })]),
    });
  });

  it('fills in no period whose log lines have not come yet', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::CloudWatch::Alarm'))) {
      expect(JSON.stringify(Properties)).not.toContain('FILL');
    }
  });

  it('takes the share and the volume of one metric, which keeps it at two billed metrics', () => {
    const { Metrics } = onlyResource(template, 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-users-failures' });
    const [expression, ...metrics] = Metrics as MetricQuery[];
    expect(expression).toMatchObject({ Expression: 'IF(n >= 5, share, 0)', ReturnData: true });
    const metric = {
      Namespace: 'Tollgate/test',
      MetricName: 'Failures',
      Dimensions: [{ Name: 'Service', Value: 'users' }],
    };
    expect(metrics).toEqual([
      { Id: 'share', MetricStat: { Metric: metric, Period: 10, Stat: 'Average' }, ReturnData: false },
      { Id: 'n', MetricStat: { Metric: metric, Period: 10, Stat: 'SampleCount' }, ReturnData: false },
    ]);
  });

  it('is one alarm of three metrics where slow requests count: failures first, then the latency', () => {
    const { math, metrics, billed, description } = queriesOf({ slowCall: Duration.seconds(2), failurePercent: 7 });
    expect(math).toMatchObject({
      Expression: 'IF(n < 5, 0, IF(share >= 0.07, share, IF(latency >= 2000, latency, 0)))',
      ReturnData: true,
    });
    expect(metrics.map(({ Id, MetricStat }) => [Id, MetricStat?.Metric.MetricName, MetricStat?.Stat])).toEqual([
      ['share', 'Failures', 'Average'],
      ['n', 'Failures', 'SampleCount'],
      ['latency', 'UpstreamLatency', 'p50'],
    ]);
    expect(billed).toBe(3);
    expect(description).toBe(
      'Opens the circuit of users: 7 % of at least 5 requests failed, or 50 % took 2000 ms or longer',
    );
  });

  it.each([
    [1, 'p99'],
    [5, 'p95'],
    [50, 'p50'],
    [0.1, 'p99.9'],
    [7, 'p93'],
    [100, 'p0'],
  ])('watches the percentile that %d % of slow requests reach', (slowPercent, statistic) => {
    const { metrics } = queriesOf({ slowCall: Duration.seconds(2), slowPercent });
    expect(metrics.at(-1)?.MetricStat?.Stat).toBe(statistic);
  });

  it('reads metrics that are stored as finely as its period is', () => {
    const { metrics } = queriesOf({ slowCall: Duration.seconds(2) });
    const names = metrics.flatMap(({ MetricStat }) => (MetricStat?.Metric.MetricName ?? []) as MetricName);
    expect(HIGH_RESOLUTION).toEqual(expect.arrayContaining(names));
  });

  it.each([
    [Duration.seconds(1), 10],
    [Duration.seconds(10), 10],
    [Duration.seconds(11), 30],
    [Duration.seconds(30), 30],
    [Duration.millis(30_001), 60],
    [Duration.seconds(61), 120],
    [Duration.minutes(15), 900],
    [Duration.hours(1), 3600],
  ])('looks back over the shortest period of CloudWatch that covers a window of %s', (window, period) => {
    const { metrics } = queriesOf({ window, slowCall: Duration.seconds(1) });
    expect(metrics.map(({ MetricStat }) => MetricStat?.Period)).toEqual([period, period, period]);
  });
});
