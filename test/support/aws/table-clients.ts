import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { signedTable } from '../../../lambdas/adapters/table/signed-table.ts';
import type { TableClient } from '../../../lambdas/adapters/table/table-client.ts';
import { serveHttp, type TestServer } from '../upstreams/upstream.ts';
import type { TestTable } from './dynamodb.ts';

type Endpoint = Pick<TestTable, 'endpoint' | 'name'>;

/** Both clients of the table. Each makes a call again after a lost answer, and no test waits for a deadline. */
export const TABLE_CLIENTS: readonly (readonly [string, (table: Endpoint) => TableClient])[] = [
  [
    'the SDK',
    ({ endpoint, name }) => {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      return sdkTable(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 2 }), name);
    },
  ],
  [
    'signed requests',
    ({ endpoint, name }) =>
      signedTable({
        table: name,
        env: {
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_ENDPOINT_URL_DYNAMODB: endpoint,
        },
        clock: Date.now,
        timeoutMs: 60_000,
        attemptMs: 60_000,
      }),
  ],
];

export interface LosingRelay extends TestServer {
  /** How many answers the table gave. */
  answers(): number;
}

/** Relays calls to the table and breaks the connection in place of some answers. @param lose the answers, counted from 1 */
export async function losingRelay(
  { endpoint }: Endpoint,
  lose: (answer: number) => boolean | Promise<boolean>,
): Promise<LosingRelay> {
  let answers = 0;
  const server = await serveHttp(async (request, response) => {
    const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(endpoint, { method: 'POST', headers, body: await text(request) });
    const body = await answer.text();
    answers += 1;
    if (await lose(answers)) request.socket.destroy();
    else response.writeHead(answer.status).end(body);
  });
  return { ...server, answers: () => answers };
}
