import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * The one DynamoDB client of this environment. Deadlines are short: a circuit's state has a last known value to fall
 * back to, and no request may wait for the table longer than for its upstream.
 *
 * It is the AWS SDK's, although a signed POST of our own would start faster: credentials, retries and signatures are not
 * what Tollgate exists for. It is loaded with the module, not on first use: Lambda gives a starting environment a whole
 * CPU, and a running one of 256 MB a seventh of it.
 */
export function createDynamoDB(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 500, throwOnRequestTimeout: true },
  });
}
