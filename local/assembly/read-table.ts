import type { Found } from './find-resources.ts';
import type { TableModel } from './model.ts';

/** Billing mode, encryption, backups and time to live have no part in a local table. */
export function readTable({ properties, ref }: Found): TableModel {
  const global = properties.items('GlobalSecondaryIndexes').map((index) => ({
    IndexName: index.text('IndexName'),
    KeySchema: index.list('KeySchema'),
    Projection: index.get('Projection'),
  }));
  const local = properties.list('LocalSecondaryIndexes') as readonly object[];
  return {
    TableName: ref,
    KeySchema: properties.list('KeySchema') as readonly object[],
    AttributeDefinitions: properties.list('AttributeDefinitions') as readonly object[],
    BillingMode: 'PAY_PER_REQUEST',
    ...(global.length > 0 && { GlobalSecondaryIndexes: global }),
    ...(local.length > 0 && { LocalSecondaryIndexes: local }),
  };
}
