import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDB, type DynamoDB } from '../../../lambdas/adapters/dynamodb.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { serveHttp, serveTcp, type TestServer } from '../../support/upstream.ts';

const opened: { close(): void }[] = [];
const servers: TestServer[] = [];

afterEach(async () => {
  for (const client of opened.splice(0)) client.close();
  for (const server of servers.splice(0)) await server.stop();
});

function clientOf(endpoint: string): DynamoDB {
  const client = createDynamoDB(
    {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    },
    Date.now,
  );
  opened.push(client);
  return client;
}

/** Answers one call after the other with these statuses and documents, the last one again and again. */
async function answering(...answers: [status: number, document: string][]) {
  let calls = 0;
  const server = await serveHttp((request, response) => {
    const [status, document] = answers[Math.min(calls, answers.length - 1)] ?? [500, ''];
    calls += 1;
    request.resume();
    response.writeHead(status).end(document);
  });
  servers.push(server);
  return { url: server.url, calls: () => calls };
}

const KEY = { TableName: 'tollgate', Key: { pk: { S: 'a' }, sk: { S: 'b' } } };
const THROTTLED = '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"later"}';

describe('over the DynamoDB protocol', () => {
  let table: TestTable;
  beforeAll(async () => {
    table = await startTable();
  });
  afterAll(() => table.stop());

  it('an item that was put is the one that the AWS SDK reads', async () => {
    const item = { ...KEY.Key, reason: { S: 'größer als 50 %' }, version: { N: '7' } };
    await table.dynamodb.call('PutItem', { TableName: table.name, Item: item });
    expect((await table.client.send(new GetItemCommand(KEY))).Item).toEqual(item);
    expect(await table.dynamodb.call('GetItem', KEY)).toEqual({ Item: item });
  });

  it('a condition that does not hold is an error of its own code', async () => {
    const put = { TableName: table.name, Item: KEY.Key, ConditionExpression: 'attribute_not_exists(pk)' };
    await expect(table.dynamodb.call('PutItem', put)).rejects.toMatchObject({
      name: 'DynamoDBError',
      code: 'ConditionalCheckFailedException',
      status: 400,
    });
  });
});

describe('a call that fails', () => {
  it('is made once more when DynamoDB throttles or breaks', async () => {
    const throttled = await answering([400, THROTTLED], [200, '{}']);
    expect(await clientOf(throttled.url).call('GetItem', KEY)).toEqual({});
    const broken = await answering([503, 'no JSON'], [200, '{}']);
    expect(await clientOf(broken.url).call('GetItem', KEY)).toEqual({});
  });

  it('is made twice at most', async () => {
    const broken = await answering([500, '{}']);
    await expect(clientOf(broken.url).call('GetItem', KEY)).rejects.toMatchObject({
      code: 'UnknownError',
      status: 500,
    });
    expect(broken.calls()).toBe(2);
  });

  it('is not repeated when DynamoDB refuses it for good', async () => {
    const refusing = await answering([400, '{"__type":"x#ValidationException"}']);
    await expect(clientOf(refusing.url).call('GetItem', KEY)).rejects.toMatchObject({ code: 'ValidationException' });
    expect(refusing.calls()).toBe(1);
  });

  it('ends by its deadline when nothing answers', async () => {
    const silent = await serveTcp(() => undefined);
    servers.push(silent);
    const startedAtMs = performance.now();
    await expect(clientOf(silent.url).call('GetItem', KEY)).rejects.toMatchObject({ code: 'timeout' });
    expect(performance.now() - startedAtMs).toBeLessThan(2500);
  });
});
