import { ArnFormat, Duration, Lazy, Stack } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type CircuitsConfig, circuitAlarmName } from '../../lambdas/contract/circuits-config.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import { circuitPartition } from '../../lambdas/contract/table.ts';
import type { Foundation } from '../foundation/foundation.ts';
import { checkEnvironmentSize } from './function-environment.ts';
import { grantPartitions } from './grant-partitions.ts';
import { createFunction } from './node-function.ts';

export interface CircuitFunctionProps {
  readonly gateway: string;
  readonly namespace: string;
  readonly table: Foundation['table'];
  readonly logRetention: RetentionDays;
}

/** What alarms invoke: opens the circuit of the service whose alarm it is. */
export class CircuitFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly #services: Record<string, { openForMs: number }> = {};
  readonly #props: CircuitFunctionProps;

  constructor(scope: Construct, id: string, props: CircuitFunctionProps) {
    super(scope, id);
    this.#props = props;
    const { gateway, table } = props;
    const { fn, logGroup } = createFunction(this, 'CircuitFunction', {
      entry: 'circuit',
      description: `Tollgate ${gateway}: opens circuits on alarms`,
      environment: {
        // Written at synthesis, when the last service has been added.
        [Env.circuits]: Lazy.string({ produce: () => this.config() }),
        [Env.table]: table.tableName,
      },
      memorySize: 256,
      timeout: Duration.seconds(10),
      logRetention: props.logRetention,
    });
    this.fn = fn;
    this.logGroup = logGroup;
    grantPartitions(fn, table, circuitPartition(gateway, '*'), ['dynamodb:GetItem', 'dynamodb:PutItem']);

    // One permission for the alarms of all services: a permission for each would fill the 20 KB of the function's policy
    // at some fifty services.
    fn.addPermission('Alarms', {
      principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
      sourceArn: Stack.of(this).formatArn({
        service: 'cloudwatch',
        resource: 'alarm',
        resourceName: circuitAlarmName(gateway, '*'),
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    });
  }

  /** Lets the alarm of this service open its circuit. */
  addService(service: string, openForMs: number): IAlarmAction {
    this.#services[service] = { openForMs };
    checkEnvironmentSize(
      this,
      { [Env.circuits]: this.config(), [Env.table]: this.#props.table.tableName },
      'split the services over two gateways, or give some CircuitBreaker.none()',
    );
    return { bind: () => ({ alarmActionArn: this.fn.functionArn }) };
  }

  private config(): string {
    const { gateway, namespace } = this.#props;
    return JSON.stringify({ gateway, namespace, services: this.#services } satisfies CircuitsConfig);
  }
}
