import { expect, test } from 'vitest';
import { manualClock } from '../support/clock.ts';
import { serveFixture } from '../support/gateway.ts';

// Answers with the number of times that it was asked; `deny` and `throw` in the token do what they say.
const COUNTING = `
let asked = 0;
export const handler = async ({ identitySource: [token = ''] }) => {
  asked += 1;
  if (token.includes('throw')) throw new Error('down');
  return { isAuthorized: !token.includes('deny'), context: { asked, ...(token === 'list' && { list: [1, { a: null }] }) } };
};`;

const ECHO = { code: 'export const handler = async (event) => event.requestContext.authorizer ?? {};' };

async function serve(properties: Readonly<Record<string, unknown>> = {}) {
  const clock = manualClock();
  const { gateway, events } = await serveFixture(
    {
      functions: { Echo: ECHO, Guard: { code: COUNTING } },
      routes: { 'GET /a': { function: 'Echo', authorized: true }, 'GET /b': { function: 'Echo', authorized: true } },
      authorizer: { function: 'Guard', properties },
    },
    { clock },
  );
  const asked = async (path: string, token: string) => {
    const response = await fetch(`${gateway.url}${path}`, { headers: { authorization: token } });
    const body = (await response.json()) as { lambda?: { asked: number } };
    return body.lambda?.asked ?? response.status;
  };
  return { gateway, clock, asked, events };
}

const CREDENTIAL_ONLY = { IdentitySource: ['$request.header.Authorization'] };

test('an answer is kept for its time and no longer', async () => {
  const { asked, clock } = await serve();
  expect([await asked('/a', 't'), await asked('/a', 't')]).toEqual([1, 1]);
  clock.advance(59_999);
  expect(await asked('/a', 't')).toBe(1);
  clock.advance(1);
  expect(await asked('/a', 't')).toBe(2);
});

test('each credential has its own answer', async () => {
  const { asked } = await serve();
  expect([await asked('/a', 't'), await asked('/a', 'u'), await asked('/a', 't')]).toEqual([1, 2, 1]);
});

test('with the route key among the identity sources, each route has its own answer', async () => {
  const { asked } = await serve();
  expect([await asked('/a', 't'), await asked('/b', 't')]).toEqual([1, 2]);
});

test('without it, one route answers for another: the trap is there as it is on AWS', async () => {
  const { asked } = await serve(CREDENTIAL_ONLY);
  expect([await asked('/a', 't'), await asked('/b', 't')]).toEqual([1, 1]);
});

test('a denial is kept, a fault never', async () => {
  const { asked, gateway } = await serve();
  expect([await asked('/a', 'deny'), await asked('/a', 'deny')]).toEqual([403, 403]);
  expect(await asked('/a', 't')).toBe(2);
  expect([await asked('/a', 'throw'), await asked('/a', 'throw')]).toEqual([500, 500]);
  expect(await asked('/a', 'u')).toBe(5);
  expect(gateway.metrics.list().length).toBeGreaterThan(0);
});

test('with a time of zero nothing is kept', async () => {
  const { asked } = await serve({ AuthorizerResultTtlInSeconds: 0 });
  expect([await asked('/a', 't'), await asked('/a', 't')]).toEqual([1, 2]);
});

test('the context reaches the function as it was given', async () => {
  const { gateway } = await serve();
  const response = await fetch(`${gateway.url}/a`, { headers: { authorization: 'list' } });
  expect(await response.json()).toEqual({ lambda: { asked: 1, list: [1, { a: null }] } });
});

test('identity may come from the query', async () => {
  const { gateway } = await serve({ IdentitySource: ['$request.querystring.key'] });
  expect((await fetch(`${gateway.url}/a`)).status).toBe(401);
  expect((await fetch(`${gateway.url}/a?key=`)).status).toBe(401);
  expect((await fetch(`${gateway.url}/a?key=k`)).status).toBe(200);
});

test('an authorizer without identity sources is asked for each request, one without credential included', async () => {
  const { gateway, asked } = await serve({ IdentitySource: [], AuthorizerResultTtlInSeconds: 0 });
  const bare = await fetch(`${gateway.url}/a`);
  expect(await bare.json()).toEqual({ lambda: { asked: 1 } });
  expect([await asked('/a', 't'), await asked('/a', 't')]).toEqual([2, 3]);
});

test('one that keeps answers without an identity source is refused, as API Gateway refuses it', async () => {
  await expect(serve({ IdentitySource: [] })).rejects.toThrow('keeps answers without an identity source');
});
