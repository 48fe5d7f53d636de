import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * The one DynamoDB client of this environment. Deadlines are short: a circuit's state has a last known value to fall
 * back to, and no request may wait for the table longer than for its upstream.
 */
export function createDynamoDB(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 500, throwOnRequestTimeout: true },
  });
}
