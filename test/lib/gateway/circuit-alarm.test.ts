import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { CircuitAlarm } from '../../../lib/gateway/circuit-alarm.ts';
import { CircuitBreaker } from '../../../lib/gateway/circuit-breaker.ts';
import { onlyResource, serviceProps, testApp, testGateway } from '../support/stacks.ts';

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Period: number; readonly Stat: string; readonly Metric: unknown };
  readonly ReturnData: boolean;
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
    expect(onlyResource(template, 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-users-failures' })).toMatchObject({
      Threshold: 0.5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ 'Fn::GetAtt': [expect.stringContaining('CircuitFunction'), 'Arn'] }],
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'edge-orders-failures',
      Threshold: 0.2,
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(n >= 50, share, 0)', ReturnData: true })]),
    });
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
    const stack = new Stack(testApp(), 'Edge');
    const policy = CircuitBreaker.of({ window }).policy;
    if (policy === null) throw new Error('a circuit without a policy');
    const action = { bind: () => ({ alarmActionArn: 'arn:aws:lambda:::function:circuit' }) };
    new CircuitAlarm(stack, 'Failures', { gateway: 'edge', service: 'users', namespace: 'Tollgate', policy, action });
    const { Metrics } = onlyResource(Template.fromStack(stack), 'AWS::CloudWatch::Alarm');
    const periods = (Metrics as MetricQuery[]).flatMap(({ MetricStat }) => MetricStat?.Period ?? []);
    expect(periods).toEqual([period, period]);
  });
});
