import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { captureLines } from '../../../support/lines.ts';
import { servicePolicy, windowLimit } from '../../../support/policy.ts';
import { serveEcho } from '../../../support/upstreams/upstream.ts';
import { createInstance } from '../../proxy/gateway.ts';

let table: TestTable;
let echo: Awaited<ReturnType<typeof serveEcho>>;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
  echo = await serveEcho();
});
afterAll(async () => {
  await echo.stop();
  await table.stop();
});
beforeEach(() => {
  output = captureLines();
});
afterEach(() => output.restore());

it.each([
  [5, { cost: 5 }],
  [1, {}],
])('what a request of %i units counts for is in its line only where it is not 1', async (cost, expected) => {
  const policy = servicePolicy({
    gateway: `cost-${cost}`,
    upstream: echo.url,
    default: { auth: { type: 'none' }, limits: [windowLimit(100, 60_000)], cost },
  });
  const instance = createInstance({ policy, table });
  await instance.send();
  instance.close();
  const [line = {}] = output.lines;
  expect('cost' in line ? { cost: line['cost'] } : {}).toEqual(expected);
});
