import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Operation, TableClient } from './table-client.ts';

const ATTEMPTS = 2;
/** The SDK's pause before the second attempt is random; this is its maximum. */
const BETWEEN_ATTEMPTS_MS = 100;

const COMMANDS = {
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  UpdateItem: UpdateItemCommand,
  Query: QueryCommand,
} as unknown as Readonly<Record<Operation, new (input: object) => GetItemCommand>>;

export interface DynamoDBOptions {
  /** Deadline of one attempt: for connecting, and again for the answer's header; twice that for a command as a whole. */
  readonly timeoutMs: number;
}

/** The AWS SDK's client. It tries twice, because a connection may have been closed while Lambda froze the instance. */
export function createDynamoDB({ timeoutMs }: DynamoDBOptions): DynamoDBClient {
  const client = new DynamoDBClient({
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  // The request's timeout ends with the answer's header. Without this deadline a trickling body would hold up the call.
  const send = client.send.bind(client) as (command: unknown, options: object) => Promise<unknown>;
  const abort = () => ({ abortSignal: AbortSignal.timeout(ATTEMPTS * timeoutMs + BETWEEN_ATTEMPTS_MS) });
  return Object.assign(client, {
    send: (command: unknown, options?: object) => send(command, { ...abort(), ...options }),
  });
}

/** The table by the SDK; `table-client.ts` says which functions use it. */
export function sdkTable(client: DynamoDBClient, table: string): TableClient {
  return new TableClient(table, async (operation, input) => {
    try {
      return await client.send(new COMMANDS[operation](input));
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  });
}
