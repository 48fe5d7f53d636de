import type { RequestListener, Server } from 'node:http';
import dynalite from 'dynalite';
import type { TableModel } from '../assembly/model.ts';
import { localOnly } from '../http/local-only.ts';
import { closeServer, listen } from '../http/server.ts';

export interface DynamoStore {
  readonly url: string;
  /** Creates the missing tables; never changes one. */
  createTables(tables: readonly TableModel[]): Promise<void>;
  close(): Promise<void>;
}

/** The server requires a signature, but does not verify it. */
const SIGNATURE =
  'AWS4-HMAC-SHA256 Credential=local/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

/** DynamoDB in this process, in memory. */
export async function startDynamo(): Promise<DynamoStore> {
  const server: Server = dynalite({ createTableMs: 0 });
  guard(server);
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    createTables: async (tables) => {
      for (const table of tables) await createTable(url, table);
    },
    close: () => closeServer(server),
  };
}

/** dynalite answers pages of all sites, under every `Host`, and verifies no signature. */
function guard(server: Server): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  for (const listener of listeners) server.on('request', localOnly(listener));
}

async function createTable(url: string, table: TableModel): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: SIGNATURE,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-date': '20261124T000000Z',
      'x-amz-target': 'DynamoDB_20120810.CreateTable',
    },
    body: JSON.stringify(table),
  });
  const answer = await response.text();
  if (response.ok || answer.includes('ResourceInUseException')) return;
  throw new Error(`table ${table.TableName} cannot be created: ${answer}`);
}
