import { expect, test } from 'vitest';
import { alarmResource } from '../support/assembly.ts';
import { manualClock } from '../support/clock.ts';
import { serveFixture } from '../support/gateway.ts';

// Emits one failure a request, at the time that its path says.
const FAILING = `export const handler = async ({ rawPath }) => {
  const CloudWatchMetrics = [{ Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'Failures', StorageResolution: 1 }] }];
  console.log(JSON.stringify({ _aws: { Timestamp: Number(rawPath.slice(1)), CloudWatchMetrics }, Failures: 1 }));
  return {};
};`;

test('an alarm invokes the function that is its action, with what CloudWatch would send', async () => {
  const clock = manualClock();
  const served = await serveFixture(
    {
      functions: {
        Failing: { code: FAILING },
        Circuit: { code: 'export const handler = async (event) => console.log("acted on " + JSON.stringify(event));' },
      },
      routes: { 'GET /{at}': { function: 'Failing' } },
      resources: {
        Alarm: alarmResource(
          {
            AlarmName: 'failures',
            Namespace: 'N',
            MetricName: 'Failures',
            Statistic: 'Sum',
            Period: 10,
            EvaluationPeriods: 1,
            Threshold: 1,
            ComparisonOperator: 'GreaterThanOrEqualToThreshold',
            TreatMissingData: 'notBreaching',
          },
          'Circuit',
        ),
      },
    },
    { clock },
  );
  clock.advance(10_000);
  expect(served.gateway.alarms.states()).toEqual({ failures: 'OK' });
  await fetch(`${served.gateway.url}/${clock.nowMs()}`);
  await served.until('line', ({ line }) => line.includes('_aws'));
  clock.advance(10_000);
  const { label, line } = await served.until('line', ({ line }) => line.startsWith('acted on'));
  expect(label).toBe('circuit');
  expect(JSON.parse(line.replace('acted on ', ''))).toMatchObject({
    source: 'aws.cloudwatch',
    alarmData: { alarmName: 'failures', state: { value: 'ALARM' }, previousState: { value: 'OK' } },
  });
  expect(served.gateway.alarms.states()).toEqual({ failures: 'ALARM' });
});

test('an alarm of a dead-letter queue that tells a topic hinders nothing: it stays OK, and a topic’s word is a notice', async () => {
  const clock = manualClock();
  const onTopic = (name: string, properties: object) =>
    alarmResource({
      AlarmName: name,
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      AlarmActions: [{ Ref: 'Topic' }],
      ...properties,
    });
  const served = await serveFixture(
    {
      functions: { Users: { code: 'export const handler = async () => ({});' } },
      routes: { 'GET /users': { function: 'Users' } },
      resources: {
        Queue: { Type: 'AWS::SQS::Queue', Properties: { SqsManagedSseEnabled: true } },
        QueuePolicy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Queue' }] } },
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'alarms' } },
        Letters: onTopic('letters', {
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateNumberOfMessagesVisible',
          Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Queue', 'QueueName'] } }],
          Statistic: 'Maximum',
          TreatMissingData: 'notBreaching',
        }),
        Silence: onTopic('silence', {
          Namespace: 'N',
          MetricName: 'Beats',
          Statistic: 'Sum',
          TreatMissingData: 'breaching',
        }),
      },
    },
    { clock },
  );
  clock.advance(10_000);
  expect(served.gateway.alarms.states()).toEqual({ letters: 'OK', silence: 'ALARM' });
  const { text } = await served.until('notice', () => true);
  expect(text).toMatch(/^alarm silence would now notify arn:aws:sns:.*:alarms$/);
  expect([...served.gateway.model().ignored.keys()]).toContain('AWS::SQS::*');
});
