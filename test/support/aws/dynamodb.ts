import { once } from 'node:events';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { TABLE } from '../../../lambdas/contract/table.ts';

/** The DynamoDB protocol on this machine, with the gateway's table in it. */
export interface TestTable {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  readonly name: string;
  stop(): Promise<void>;
}

export async function startTable(name = 'tollgate'): Promise<TestTable> {
  const server = dynalite({ createTableMs: 0 });
  // The client below makes no second attempt, so the server must not close its idle connections.
  server.keepAliveTimeout = 0;
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
  return {
    client,
    endpoint,
    name,
    stop: async () => {
      client.destroy();
      server.close();
      server.closeAllConnections?.();
    },
  };
}
