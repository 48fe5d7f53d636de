import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { TABLE } from '../../../lambdas/contract/table.ts';
import { grantKeyVia } from './grant-key-via.ts';

export type PartitionAction = 'dynamodb:GetItem' | 'dynamodb:PutItem' | 'dynamodb:UpdateItem' | 'dynamodb:Query';

/** Lets a function perform these actions on items of these partitions only. `*` in a pattern matches many. */
export function grantPartitions(
  fn: IFunction,
  table: ITable,
  partitions: string | readonly string[],
  actions: readonly PartitionAction[],
): void {
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions].flat() } },
    }),
  );
  const writes = actions.includes('dynamodb:PutItem') || actions.includes('dynamodb:UpdateItem');
  grantKey(fn, table, writes);
}

/**
 * Lets a function write only this attribute of a partition's items, and read none in the answer.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function grantAttribute(fn: IFunction, table: ITable, partition: string, attribute: string): void {
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: ['dynamodb:UpdateItem'],
      resources: [table.tableArn],
      conditions: {
        'ForAllValues:StringEquals': {
          'dynamodb:LeadingKeys': [partition],
          'dynamodb:Attributes': [TABLE.partitionKey, TABLE.sortKey, attribute],
        },
        // Without ReturnValues DynamoDB returns nothing.
        StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
      },
    }),
  );
  grantKey(fn, table, true);
}

/**
 * DynamoDB uses a customer's key with the rights of its caller.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function grantKey(fn: IFunction, { encryptionKey }: ITable, writes: boolean): void {
  if (encryptionKey === undefined) return;
  grantKeyVia('dynamodb', fn, encryptionKey, ['kms:Decrypt', 'kms:DescribeKey', ...(writes ? KEY_WRITES : [])]);
}

const KEY_WRITES = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'] as const;
