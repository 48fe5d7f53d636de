import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { TableModel } from '../assembly/model.ts';
import { closeServer, listen } from '../http/server.ts';

export interface DynamoStore {
  readonly url: string;
  /** Creates those tables that do not exist yet; a table is never changed. */
  createTables(tables: readonly TableModel[]): Promise<void>;
  close(): Promise<void>;
}

/** DynamoDB in this process, in memory. */
export async function startDynamo(): Promise<DynamoStore> {
  const server: Server = dynalite({ createTableMs: 0 });
  await listen(server, 0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    url,
    createTables: async (tables) => {
      for (const table of tables) await createTable(client, table);
    },
    close: async () => {
      client.destroy();
      await closeServer(server);
    },
  };
}

async function createTable(client: DynamoDBClient, table: TableModel): Promise<void> {
  try {
    await client.send(new CreateTableCommand(table as unknown as CreateTableCommandInput));
  } catch (error) {
    if ((error as Error).name !== 'ResourceInUseException') throw error;
  }
}
