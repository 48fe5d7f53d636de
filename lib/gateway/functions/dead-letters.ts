import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IAlarmAction, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { notifyOf } from '../props/alarm-topic.ts';

export interface DeadLettersProps {
  /** `edge-circuit`: what the names of the queue's alarm begin with. */
  readonly name: string;
  /** `alarms that opened no circuit` */
  readonly what: string;
  /** Notified of the alarm. */
  readonly notify: IAlarmAction | undefined;
  /** Undefined: a key of SQS's own. */
  readonly encryptionKey: IKey | undefined;
}

/** Where events go that a function failed at, with an alarm that says so. */
export class DeadLetters extends Construct {
  readonly queue: IQueue;
  readonly alarm: Alarm;
  readonly period: Duration = Duration.minutes(1);
  /** Metrics that the alarm reads: what it is billed by. */
  readonly metrics = 1;

  constructor(scope: Construct, id: string, { name, what, notify, encryptionKey }: DeadLettersProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      ...(encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      // The longest that SQS keeps a message.
      retentionPeriod: Duration.days(14),
    });
    this.alarm = new Alarm(this, 'Alarm', {
      alarmName: `${name}-dead-letters`,
      alarmDescription: `In the queue lie ${what}; the alarm is over when they have been taken out`,
      metric: this.queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: this.period }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      // SQS sends no metrics of a queue that was unused for six hours, so an empty queue has missing data.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    notifyOf(this.alarm, notify);
  }
}
