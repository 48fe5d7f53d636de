// The usual parts of a proxy function: middy, ioredis for a count, the AWS SDK for a state, global fetch for the rest.
import { readFileSync } from 'node:fs';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import { Redis } from 'ioredis';

const redis = new Redis(process.env['TOLLGATE_REDIS_URL'] ?? '');
const dynamodb = new DynamoDBClient({});
const { upstream } = JSON.parse(readFileSync(`${process.env['LAMBDA_TASK_ROOT']}/service.json`, 'utf8'));

export const handler = middy<{ readonly rawPath: string }>().handler(async (event) => {
  const state = new GetItemCommand({
    TableName: process.env['TOLLGATE_TABLE'] ?? '',
    Key: { pk: { S: 'circuit' }, sk: { S: 'state' } },
  });
  await Promise.all([redis.eval('return 1', 1, 'count'), dynamodb.send(state)]);
  const response = await fetch(`${upstream}${event.rawPath}`);
  return { statusCode: response.status, body: await response.text() };
});
