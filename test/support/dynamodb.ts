import { once } from 'node:events';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { DynamoDB } from '../../lambdas/adapters/dynamodb.ts';
import { TABLE } from '../../lambdas/contract/table.ts';

/** The DynamoDB protocol on this machine, with the gateway's table in it. */
export interface TestTable {
  /** The AWS SDK's client: an independent look at the table. */
  readonly client: DynamoDBClient;
  /** The functions' own client. */
  readonly dynamodb: DynamoDB;
  readonly endpoint: string;
  readonly name: string;
  stop(): Promise<void>;
}

export async function startTable(name = 'tollgate'): Promise<TestTable> {
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: TABLE.partitionKey, AttributeType: 'S' },
        { AttributeName: TABLE.sortKey, AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
        { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
      ],
    }),
  );
  const dynamodb = new DynamoDB({
    endpoint,
    signing: {
      region: 'us-east-1',
      service: 'dynamodb',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: '' },
    },
    clock: Date.now,
  });
  return {
    client,
    dynamodb,
    endpoint,
    name,
    stop: async () => {
      client.destroy();
      dynamodb.close();
      server.close();
      server.closeAllConnections?.();
    },
  };
}
