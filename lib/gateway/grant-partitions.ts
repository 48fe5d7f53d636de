import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

export type PartitionAction = 'dynamodb:GetItem' | 'dynamodb:PutItem' | 'dynamodb:Query';

/** Lets a function do these things to the items of some partitions, a pattern with `*` for many, and to no other. */
export function grantPartitions(
  fn: IFunction,
  table: ITable,
  partitions: string,
  actions: readonly PartitionAction[],
): void {
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions] } },
    }),
  );
}
