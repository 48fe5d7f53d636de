import { DynamoDBClient, type ServiceInputTypes } from '@aws-sdk/client-dynamodb';
import type { TestTable } from './dynamodb.ts';

/** A client of the table that fails, or never answers, for the commands that a test names. */
export interface FaultyClient {
  readonly client: DynamoDBClient;
  readonly calls: string[];
  /** What becomes of a command; it is called for each one. */
  fault: (command: string, input: ServiceInputTypes) => 'none' | 'fails' | 'hangs' | 'answer lost';
}

export function faultyClient({ endpoint }: TestTable): FaultyClient {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const faulty: FaultyClient = { client, calls: [], fault: () => 'none' };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = (context['commandName'] as string).replace('Command', '');
      faulty.calls.push(command);
      const fault = faulty.fault(command, args.input);
      if (fault === 'hangs') await new Promise(() => undefined);
      if (fault === 'fails') throw new Error('the table is gone');
      const answer = await next(args);
      if (fault === 'answer lost') throw new Error('the answer is lost');
      return answer;
    },
    { step: 'initialize' },
  );
  return faulty;
}
