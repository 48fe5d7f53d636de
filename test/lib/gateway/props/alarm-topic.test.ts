import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import { onlyResource, serviceProps, testFoundation, testGateway } from '../../support/stacks.ts';

/** A gateway that tells this topic of a stack beside it. */
function gatewayWith(topicOf: (stack: Stack) => ITopic) {
  const foundation = testFoundation();
  const topics = new Stack(foundation.node.root, 'Topics');
  const test = testGateway({ foundation, name: 'edge', alarmTopic: topicOf(topics) });
  const circuitBreaker = CircuitBreaker.of({ throttlePercent: 10, openFor: Duration.minutes(4) });
  test.gateway.addService('users', serviceProps({ circuitBreaker }));
  return { gateway: test.template(), topics: Template.fromStack(topics) };
}

const CLOUDWATCH = {
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
};

describe('the topic of alarms', () => {
  it('is told of each alarm of the gateway when it goes off and when that is over', () => {
    const arn = 'arn:aws:sns:eu-central-1:123456789012:alarms';
    const { gateway } = gatewayWith((stack) => Topic.fromTopicArn(stack, 'Alarms', arn));
    const alarms = Object.values(gateway.findResources('AWS::CloudWatch::Alarm')).map(({ Properties: alarm }) => alarm);
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual([
      'edge-cache-throttled',
      'edge-circuit-dead-letters',
      'edge-users-failures',
      'edge-users-throttles',
    ]);
    for (const { AlarmActions, OKActions } of alarms) {
      expect(AlarmActions).toContain(arn);
      expect(OKActions).toEqual([arn]);
    }
  });

  it('lets CloudWatch publish where it has a policy of its own, beside which that of SNS does not hold', () => {
    const { topics } = gatewayWith((stack) => new Topic(stack, 'Alarms', { enforceSSL: true }));
    topics.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ ...CLOUDWATCH, Action: 'sns:Publish' })]) },
    });
  });

  it('keeps the policy of SNS where it has none of its own, and lets CloudWatch use its key', () => {
    const { topics } = gatewayWith((stack) => new Topic(stack, 'Alarms', { masterKey: new Key(stack, 'Key') }));
    topics.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    topics.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({ ...CLOUDWATCH, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] }),
        ]),
      },
    });
  });
});

describe('the alarms of a gateway', () => {
  const INFO = 'alarms of this gateway open circuits and notify no one: give it an alarmTopic';
  const withTopic = (foundation = testFoundation()) => {
    const topics = new Stack(foundation.node.root, 'Topics');
    return testGateway({ foundation, name: 'edge', alarmTopic: new Topic(topics, 'Alarms') });
  };

  it('say once at synthesis that they reach nobody, and do so no more with a topic', () => {
    const notes = (stack: Stack) => Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('alarmTopic'));
    const silent = testGateway();
    silent.gateway.addService('users', serviceProps());
    expect(notes(silent.stack).map(({ entry }) => entry.data)).toEqual([expect.stringContaining(INFO)]);
    expect(notes(withTopic().stack)).toEqual([]);
  });

  it('watch what a serverless cache throttles, where somebody is told of it', () => {
    const test = withTopic();
    test.gateway.addService('users', serviceProps());
    expect(
      onlyResource(test.template(), 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-cache-throttled' }),
    ).toMatchObject({
      Namespace: 'AWS/ElastiCache',
      MetricName: 'ThrottledCmds',
      Dimensions: [{ Name: 'clusterId', Value: { 'Fn::GetStackOutput': { OutputName: 'CacheName' } } }],
      Statistic: 'Sum',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('watch no node, which throttles nothing, and nothing that would tell nobody', () => {
    for (const { template } of [withTopic(testFoundation({ cacheKind: 'node' })), testGateway({ name: 'edge' })]) {
      const alarms = template().findResources('AWS::CloudWatch::Alarm');
      expect(Object.values(alarms).map(({ Properties }) => Properties.AlarmName)).toEqual([
        'edge-circuit-dead-letters',
      ]);
    }
  });
});
