import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { operatorFunctionName } from '../../../lambdas/contract/operations/operator-config.ts';
import {
  circuitPartition,
  keysPartition,
  revocationsPartition,
  rulesPartition,
} from '../../../lambdas/contract/table.ts';
import type { Foundation } from '../../foundation/foundation.ts';
import type { Circuits } from './circuits.ts';
import { grantPartitions } from './grant-partitions.ts';
import { createFunction } from './node-function.ts';
import { storeEnvironment } from './store-environment.ts';

export interface OperatorFunctionProps {
  readonly gateway: string;
  readonly circuits: Circuits;
  readonly foundation: Foundation;
  readonly logRetention: RetentionDays;
  /** Undefined: it shares the account's concurrency with all other functions. */
  readonly maxConcurrency: number | undefined;
}

/**
 * The function that operators invoke. It revokes and restores credentials, sets and lists limits, makes API keys, opens and
 * closes circuits. It is in the VPC, like the cache.
 */
export class OperatorFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: OperatorFunctionProps) {
    super(scope, id);
    const { gateway, circuits, foundation, logRetention, maxConcurrency } = props;
    const { fn, logGroup } = createFunction(this, 'OperatorFunction', {
      functionName: operatorFunctionName(gateway),
      entry: 'operator',
      description: `Tollgate ${gateway}: revokes credentials, sets limits, makes API keys and moves circuits`,
      environment: storeEnvironment(foundation),
      documents: () => ({ operator: { gateway }, circuits: circuits.config }),
      memorySize: 256,
      timeout: Duration.seconds(30),
      logRetention,
      network: foundation,
      ...(maxConcurrency !== undefined && { maxConcurrency }),
    });
    this.fn = fn;
    this.logGroup = logGroup;
    foundation.cache.grantConnect(fn);
    const { table } = foundation;
    grantPartitions(fn, table, rulesPartition(gateway), ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']);
    grantPartitions(fn, table, keysPartition(gateway), ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query']);
    grantPartitions(fn, table, revocationsPartition(gateway), ['dynamodb:UpdateItem']);
    grantPartitions(fn, table, circuitPartition(gateway, '*'), [
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ]);
  }
}
