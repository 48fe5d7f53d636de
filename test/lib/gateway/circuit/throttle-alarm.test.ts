import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import { type MetricQuery, onlyResource, serviceProps, testGateway } from '../../support/stacks.ts';

function gatewayWith(circuitBreaker: CircuitBreaker) {
  const test = testGateway({ name: 'edge' });
  const service = test.gateway.addService('users', serviceProps({ circuitBreaker }));
  return { service, template: test.template() };
}

describe('the alarm of throttled invocations', () => {
  it('goes off at the share of invocations of the proxy function that Lambda throttles in a minute', () => {
    const { template, service } = gatewayWith(
      CircuitBreaker.of({ throttlePercent: 7, minRequests: 20, openFor: Duration.minutes(4) }),
    );
    const alarm = onlyResource(template, 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-users-throttles' });
    expect(alarm).toMatchObject({
      AlarmDescription: 'Opens the circuit of users: 7 % of at least 20 invocations were throttled',
      Threshold: 0.07,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ 'Fn::GetAtt': [expect.stringContaining('CircuitFunction'), 'Arn'] }],
    });
    const [math, ...metrics] = alarm['Metrics'] as MetricQuery[];
    expect(math?.Expression).toBe('IF(invocations + throttles >= 20, throttles / (invocations + throttles), 0)');
    const read = metrics.map(({ Id, MetricStat }) => [Id, MetricStat?.Metric.MetricName, MetricStat?.Stat]);
    expect(read).toEqual([
      ['invocations', 'Invocations', 'Sum'],
      ['throttles', 'Throttles', 'Sum'],
    ]);
    for (const { MetricStat } of metrics) {
      expect(MetricStat).toMatchObject({
        Period: 60,
        Metric: {
          Namespace: 'AWS/Lambda',
          Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringContaining('usersProxyProxyFunction') } }],
        },
      });
    }
    expect(service.alarms.map(({ metrics: count, period }) => [count, period.toSeconds()])).toEqual([
      [2, 10],
      [2, 60],
    ]);
  });

  it('is made only where it is asked for', () => {
    for (const breaker of [CircuitBreaker.of(), CircuitBreaker.none()]) {
      const { template, service } = gatewayWith(breaker);
      template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { AlarmName: 'edge-users-throttles' }, 0);
      expect(service.throttleAlarm).toBeUndefined();
    }
  });
});
