import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { TABLE } from '../../lambdas/contract/table.ts';

/** The table that decides: circuit states and their history. Idle it costs nothing. */
export function createStateTable(scope: Construct, id: string, key: IKey | undefined): ITable {
  return new Table(scope, id, {
    partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
    sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
    timeToLiveAttribute: TABLE.ttl,
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
    // Also when a first deployment is rolled back: CloudFormation could not delete what is protected. The table that is
    // left is empty, costs nothing, and has a name that no other deployment takes.
    removalPolicy: RemovalPolicy.RETAIN,
    // The class is no ITable to a compiler with exactOptionalPropertyTypes.
  }) as ITable;
}
