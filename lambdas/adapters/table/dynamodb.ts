import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

const ATTEMPTS = 2;
/** The SDK's pause before the second one is random and at most so long. */
const BETWEEN_ATTEMPTS_MS = 100;

export interface DynamoDBOptions {
  /** Deadline of one attempt: for connecting, and again for the answer's header; twice that for a command as a whole. */
  readonly timeoutMs: number;
}

/**
 * The one DynamoDB client of this instance. It tries twice, since a connection may have been closed while the
 * instance was frozen.
 *
 * It is the AWS SDK's, although a signed POST of our own would start faster: credentials, retries and signatures are not
 * what Tollgate exists for. It is loaded with the module, not on first use: Lambda gives a starting instance a whole
 * CPU, and a running one of 256 MB a seventh of it.
 */
export function createDynamoDB({ timeoutMs }: DynamoDBOptions): DynamoDBClient {
  const client = new DynamoDBClient({
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  // The request's timeout ends with the answer's header: a body that trickles would be waited for without end.
  const send = client.send.bind(client) as (command: unknown, options: object) => Promise<unknown>;
  const abort = () => ({ abortSignal: AbortSignal.timeout(ATTEMPTS * timeoutMs + BETWEEN_ATTEMPTS_MS) });
  return Object.assign(client, {
    send: (command: unknown, options?: object) => send(command, { ...abort(), ...options }),
  });
}
