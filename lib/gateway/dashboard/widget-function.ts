import { Duration } from 'aws-cdk-lib';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Env } from '../../../lambdas/contract/environment.ts';
import { circuitPartition } from '../../../lambdas/contract/table.ts';
import type { Foundation } from '../../foundation/foundation.ts';
import type { Circuits } from '../functions/circuits.ts';
import { grantPartitions } from '../functions/grant-partitions.ts';
import { createFunction } from '../functions/node-function.ts';

export interface WidgetFunctionProps {
  readonly gateway: string;
  readonly circuits: Circuits;
  readonly table: Foundation['table'];
  /** The function that the widget's buttons call. */
  readonly operatorFunction: IFunction;
  readonly logRetention: RetentionDays;
}

/**
 * What the dashboard invokes to show the circuits, with the rights of whoever looks at it. It only reads: its buttons
 * call the operator function, so who may look may not thereby move circuits.
 */
export class WidgetFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: WidgetFunctionProps) {
    super(scope, id);
    const { gateway, circuits, table } = props;
    const { fn, logGroup } = createFunction(this, 'WidgetFunction', {
      entry: 'widget',
      description: `Tollgate ${gateway}: shows circuits on the dashboard`,
      environment: {
        [Env.table]: table.tableName,
        [Env.operatorFunction]: props.operatorFunction.functionArn,
      },
      documents: () => ({ circuits: circuits.config }),
      memorySize: 256,
      timeout: Duration.seconds(10),
      logRetention: props.logRetention,
    });
    this.fn = fn;
    this.logGroup = logGroup;
    grantPartitions(fn, table, circuitPartition(gateway, '*'), ['dynamodb:GetItem', 'dynamodb:Query']);
  }
}
