import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface DynamoDBOptions {
  /** Deadline of one attempt: for connecting, and again for the answer. */
  readonly timeoutMs: number;
}

/**
 * The one DynamoDB client of this environment. It tries twice, since a connection may have been closed while the
 * environment was frozen.
 *
 * It is the AWS SDK's, although a signed POST of our own would start faster: credentials, retries and signatures are not
 * what Tollgate exists for. It is loaded with the module, not on first use: Lambda gives a starting environment a whole
 * CPU, and a running one of 256 MB a seventh of it.
 */
export function createDynamoDB({ timeoutMs }: DynamoDBOptions): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
}
