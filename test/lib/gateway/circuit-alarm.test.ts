import { Duration } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../lib/gateway/circuit-breaker.ts';
import { onlyResource, serviceProps, testGateway } from '../support/stacks.ts';

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

  it('looks at 30 s when the window of the circuit is longer than 10 s', () => {
    const { Metrics } = onlyResource(template, 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-orders-failures' });
    const periods = (Metrics as MetricQuery[]).flatMap(({ MetricStat }) => MetricStat?.Period ?? []);
    expect(periods).toEqual([30, 30]);
  });
});
