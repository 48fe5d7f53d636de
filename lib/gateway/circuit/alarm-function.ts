import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Env } from '../../../lambdas/contract/environment.ts';
import { circuitPartition } from '../../../lambdas/contract/table.ts';
import type { Foundation } from '../../foundation/foundation.ts';
import type { Circuits } from '../functions/circuits.ts';
import { DeadLetters } from '../functions/dead-letters.ts';
import { grantKeyVia } from '../functions/grant-key-via.ts';
import { grantPartitions } from '../functions/grant-partitions.ts';
import { createFunction } from '../functions/node-function.ts';

export interface CircuitFunctionProps {
  readonly gateway: string;
  readonly circuits: Circuits;
  readonly table: Foundation['table'];
  readonly logRetention: RetentionDays;
  /** Notified of alarms that the function failed to handle. */
  readonly notify: IAlarmAction | undefined;
  /** Encrypts those alarms; undefined: a key of SQS's own. */
  readonly encryptionKey: IKey | undefined;
}

/** The function that alarms invoke. It opens the circuit of the alarm's service. */
export class CircuitFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  /** Alarms that the function failed at. */
  readonly deadLetters: DeadLetters;
  /** Has an alarm open its circuit. */
  readonly action: IAlarmAction;

  constructor(scope: Construct, id: string, props: CircuitFunctionProps) {
    super(scope, id);
    const { gateway, circuits, table, encryptionKey } = props;
    this.deadLetters = new DeadLetters(this, 'DeadLetters', {
      name: `${gateway}-circuit`,
      what: `alarms of ${gateway} that opened no circuit, since the circuit function failed`,
      notify: props.notify,
      encryptionKey,
    });
    const { fn, logGroup } = createFunction(this, 'CircuitFunction', {
      entry: 'alarm',
      description: `Tollgate ${gateway}: opens circuits on alarms`,
      environment: { [Env.table]: table.tableName },
      documents: () => ({ circuits: circuits.config }),
      memorySize: 256,
      timeout: Duration.seconds(10),
      logRetention: props.logRetention,
      asynchronous: {
        // Lambda retries after one minute and after two more. An older event says nothing about the upstream now.
        retryAttempts: 2,
        maxEventAge: Duration.minutes(5),
        deadLetterQueue: this.deadLetters.queue,
      },
    });
    this.fn = fn;
    this.logGroup = logGroup;
    this.action = { bind: () => ({ alarmActionArn: fn.functionArn }) };
    grantPartitions(fn, table, circuitPartition(gateway, '*'), ['dynamodb:GetItem', 'dynamodb:PutItem']);

    // Lambda sends what the function failed at with the function's role, which CDK does not let use the key.
    if (encryptionKey) grantKeyVia('sqs', fn, encryptionKey, ['kms:Decrypt', 'kms:GenerateDataKey']);

    // One permission for the alarms of all services: a permission for each would fill the 20 KB of the function's policy
    // at some fifty services.
    fn.addPermission('Alarms', {
      principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
      sourceArn: Stack.of(this).formatArn({
        service: 'cloudwatch',
        resource: 'alarm',
        resourceName: `${gateway}-*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    });
  }
}
