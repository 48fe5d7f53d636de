import { Annotations, Stack } from 'aws-cdk-lib';
import type { Alarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { isObject, type Kind } from './check-props.ts';

export const ALARM_TOPIC: Kind = {
  is: (value) => isObject(value) && 'topicArn' in value,
  rule: 'an SNS topic',
  fix: "write new Topic(…) or Topic.fromTopicArn(this, 'Alarms', 'arn:aws:sns:…')",
};

/** How the alarms of a gateway tell of their changes; undefined, with a note at synthesis, where there is no topic. */
export function alarmNotification(gateway: Construct, topic: ITopic | undefined): IAlarmAction | undefined {
  if (topic) return publishTo(topic, gateway);
  Annotations.of(gateway).addInfoV2(
    'tollgate:alarmTopic',
    'alarms of this gateway open circuits and notify no one: give it an alarmTopic',
  );
  return undefined;
}

/** Publishes an alarm's changes to a topic, which is made to let CloudWatch do so as far as this app defines it. */
function publishTo(topic: ITopic, scope: Construct): IAlarmAction {
  const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
  // By the policy that SNS gives a topic its account's alarms may publish. One of its own, which enforceSSL makes, takes
  // the place of that; a topic without one is given none, since what else publishes there may live by SNS's.
  if (topic.node.tryFindChild('Policy')) topic.grantPublish(cloudWatch);
  else topic.masterKey?.grant(cloudWatch, 'kms:Decrypt', 'kms:GenerateDataKey*');
  return new SnsAction(topic);
}

/** Tells of an alarm when it goes off, and when that is over. */
export function notifyOf(alarm: Alarm, notify: IAlarmAction | undefined): void {
  if (notify === undefined) return;
  alarm.addAlarmAction(notify);
  alarm.addOkAction(notify);
}
