import { expect, test } from 'vitest';
import { type FunctionFixture, TABLE_RESOURCE } from '../support/assembly.ts';
import { serveFixture } from '../support/gateway.ts';

async function serve(code: string, more: Partial<FunctionFixture> = {}) {
  const served = await serveFixture({
    functions: { Fn: { code, ...more } },
    routes: { 'ANY /{proxy+}': { function: 'Fn' } },
  });
  const get = async (path = '/x') => {
    const response = await fetch(`${served.gateway.url}${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { ...served, get };
}

test('a function sees its own environment and nothing of this process', async () => {
  process.env['TOLLGATE_TEST_LEAK'] = 'leaked';
  const { get } = await serve('export const handler = async () => ({ ...process.env });', {
    environment: { OWN: 'value', NODE_OPTIONS: '--enable-source-maps' },
  });
  const { body } = await get();
  expect(body).toMatchObject({ OWN: 'value', AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: 'Gateway-Fn' });
  for (const name of ['TOLLGATE_TEST_LEAK', 'PATH', 'HOME', 'AWS_PROFILE']) expect(body).not.toHaveProperty(name);
});

test("a function's context tells its name, its memory and the time that is left", async () => {
  const code = `export const handler = async (_, context) =>
    ({ ...context, remaining: context.getRemainingTimeInMillis() });`;
  const { get } = await serve(code, { properties: { Timeout: 5, MemorySize: 256 } });
  const { body } = await get();
  expect(body).toMatchObject({ functionName: 'Gateway-Fn', memoryLimitInMB: '256' });
  expect(body['awsRequestId']).toMatch(/^[0-9a-f-]{36}$/);
  expect(body['remaining']).toBeGreaterThan(4000);
  expect(body['remaining']).toBeLessThanOrEqual(5000);
});

const COUNTING = `
let served = 0;
let at = 0;
export const handler = async ({ rawPath }) => {
  if (rawPath === '/crash') setTimeout(() => { throw new Error('boom'); }, 1);
  if (rawPath === '/crash' || rawPath === '/hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
  at += 1;
  const together = at;
  await new Promise((resolve) => setTimeout(resolve, rawPath === '/slow' ? 200 : 0));
  at -= 1;
  served += 1;
  return { served, together };
};`;

test('an instance keeps its state from one event to the next', async () => {
  const { get } = await serve(COUNTING);
  expect([(await get()).body['served'], (await get()).body['served']]).toEqual([1, 2]);
});

test('an instance has one event at a time: others get instances of their own', async () => {
  const { get } = await serve(COUNTING);
  const bodies = await Promise.all([get('/slow'), get('/slow'), get('/slow')]);
  expect(bodies.map(({ body }) => body)).toEqual(Array(3).fill({ served: 1, together: 1 }));
});

test('more events than instances wait for a free one', async () => {
  const { get } = await serve(COUNTING);
  const replies = await Promise.all(Array.from({ length: 30 }, () => get()));
  expect(replies.every(({ status }) => status === 200)).toBe(true);
});

test('an instance that crashes answers 500, says why, and is replaced', async () => {
  const { get, until } = await serve(COUNTING);
  expect((await get()).body['served']).toBe(1);
  expect((await get('/crash')).status).toBe(500);
  await until('line', ({ line }) => line.includes('boom'));
  expect((await get()).body['served']).toBe(1);
});

test('an instance whose time is up is ended and replaced', async () => {
  const { get, until } = await serve(COUNTING, { properties: { Timeout: 0.1 } });
  expect((await get('/hang')).status).toBe(500);
  await until('line', ({ line }) => line === 'Sandbox.Timedout: Task timed out after 0.10 seconds');
  expect((await get()).body['served']).toBe(1);
});

test('a function that loops without end cannot hold up the gateway', async () => {
  const { get } = await serve('export const handler = () => { for (;;); };', { properties: { Timeout: 0.1 } });
  expect((await get()).status).toBe(500);
});

test('a function out of memory is 500', async () => {
  const code = 'export const handler = () => { const kept = []; for (;;) kept.push(new Array(1e5).fill({})); };';
  const { get } = await serve(code, { properties: { Timeout: 15, MemorySize: 64 } });
  expect((await get()).status).toBe(500);
});

test('a CommonJS bundle runs as well', async () => {
  const { get } = await serve('export default { handler: async () => ({ fine: true }) };');
  expect((await get()).body).toEqual({ fine: true });
});

test('lines that a function writes are told with its name', async () => {
  const { get, until } = await serve('export const handler = async () => { console.log("one\\ntwo"); return {}; };');
  await get();
  expect(await until('line', ({ line }) => line === 'two')).toMatchObject({
    label: 'fn',
    stream: 'stdout',
  });
});

test('a line ends at a line feed only, and the last one may have none', async () => {
  const { get, until } = await serve(
    'export const handler = async () => { process.stdout.write("a\\u2028b\\u2029c\\u0085d\\r\\n\\nlast"); return {}; };',
  );
  await get();
  expect(await until('line', ({ line }) => line.startsWith('a'))).toMatchObject({ line: 'a\u2028b\u2029c\u0085d' });
});

test('the metrics in a line are kept, and so are those that Lambda and API Gateway emit', async () => {
  const code = `export const handler = async () => {
    const CloudWatchMetrics = [{ Namespace: 'Own', Dimensions: [['Service']], Metrics: [{ Name: 'Hits', StorageResolution: 1 }] }];
    console.log(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics }, Service: 'users', Hits: 3 }));
    return {};
  };`;
  const { get, gateway, until } = await serve(code);
  await get();
  await until('line', ({ line }) => line.includes('Hits'));
  const sum = (namespace: string, name: string, dimensions: Record<string, string>) =>
    gateway.metrics.read({ namespace, name, dimensions }, 0, Number.MAX_SAFE_INTEGER)?.sum;
  expect(sum('Own', 'Hits', { Service: 'users' })).toBe(3);
  expect(sum('AWS/Lambda', 'Invocations', { FunctionName: 'Gateway-Fn' })).toBe(1);
  expect(sum('AWS/ApiGateway', 'Count', { ApiId: 'Gateway-Api' })).toBe(1);
});

test('a function reaches the tables of the template', async () => {
  const served = await serveFixture({
    functions: {
      Fn: {
        code: `export const handler = async () => {
          const response = await fetch(process.env.AWS_ENDPOINT_URL_DYNAMODB, {
            method: 'POST',
            headers: {
              'content-type': 'application/x-amz-json-1.0',
              'x-amz-target': 'DynamoDB_20120810.DescribeTable',
              'x-amz-date': '20261124T000000Z',
              authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x',
            },
            body: JSON.stringify({ TableName: process.env.TABLE }),
          });
          return await response.json();
        };`,
        environment: { TABLE: { Ref: 'Table' } },
      },
    },
    routes: { 'GET /x': { function: 'Fn' } },
    resources: { Table: TABLE_RESOURCE },
  });
  const response = await fetch(`${served.gateway.url}/x`);
  expect(await response.json()).toMatchObject({
    Table: { TableName: 'Gateway-Table', TableStatus: 'ACTIVE', KeySchema: TABLE_RESOURCE.Properties.KeySchema },
  });
});
