import { expect, test } from 'vitest';
import { serveFixture } from './support/gateway.ts';

const ECHO = 'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });';

test('a request reaches the function of its route and comes back', async () => {
  const { gateway } = await serveFixture({
    functions: { Echo: { code: ECHO } },
    routes: { 'ANY /api/{proxy+}': { function: 'Echo' } },
  });
  const response = await fetch(`${gateway.url}/api/users/42?x=1`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ version: '2.0', rawPath: '/api/users/42', rawQueryString: 'x=1' });
});
