import { expect, test } from 'vitest';
import { serveFixture } from '../support/gateway.ts';

const CORS = {
  AllowOrigins: ['https://app.example.com'],
  AllowMethods: ['GET', 'POST'],
  AllowHeaders: ['authorization'],
  ExposeHeaders: ['x-request-id'],
  MaxAge: 600,
};

const CODE =
  'export const handler = async () => ({ statusCode: 200, headers: { "access-control-allow-origin": "*" } });';

async function serve(cors: object, method: string) {
  const { gateway } = await serveFixture({
    functions: { Own: { code: CODE }, Guard: { code: 'export const handler = async () => ({ isAuthorized: true });' } },
    routes: { [`${method} /there`]: { function: 'Own', authorized: true } },
    authorizer: { function: 'Guard' },
    api: { CorsConfiguration: cors },
  });
  return async (init: RequestInit) => {
    const response = await fetch(`${gateway.url}/there`, init);
    const cors = [...response.headers].filter(([name]) => name.startsWith('access-control-'));
    return { status: response.status, cors: Object.fromEntries(cors) };
  };
}

const PREFLIGHT = { origin: 'https://app.example.com', 'access-control-request-method': 'GET' };

test('a preflight that no route matches is answered by API Gateway, without a token', async () => {
  const send = await serve(CORS, 'GET');
  expect(await send({ method: 'OPTIONS', headers: PREFLIGHT })).toEqual({
    status: 204,
    cors: {
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '600',
    },
  });
});

test('a preflight that ANY matches goes to that route and its authorizer, as on AWS', async () => {
  const send = await serve(CORS, 'ANY');
  expect(await send({ method: 'OPTIONS', headers: PREFLIGHT })).toMatchObject({ status: 401 });
});

test('an origin that is not allowed gets no CORS headers', async () => {
  const send = await serve(CORS, 'GET');
  const headers = { ...PREFLIGHT, origin: 'https://evil.example' };
  expect(await send({ method: 'OPTIONS', headers })).toEqual({ status: 204, cors: {} });
});

test('OPTIONS that is no preflight is 404 where no route matches', async () => {
  const send = await serve(CORS, 'GET');
  expect(await send({ method: 'OPTIONS' })).toMatchObject({ status: 404 });
});

test("the configured headers take the place of the function's own", async () => {
  const send = await serve(CORS, 'GET');
  expect(await send({ headers: { authorization: 't', origin: 'https://app.example.com' } })).toEqual({
    status: 200,
    cors: { 'access-control-allow-origin': 'https://app.example.com', 'access-control-expose-headers': 'x-request-id' },
  });
  expect(await send({ headers: { authorization: 't' } })).toEqual({ status: 200, cors: {} });
});

test('answers of API Gateway itself have the headers too', async () => {
  const send = await serve(CORS, 'GET');
  const { status, cors } = await send({ headers: { origin: 'https://app.example.com' } });
  expect([status, cors['access-control-allow-origin']]).toEqual([401, 'https://app.example.com']);
});

test('a pattern allows every origin that begins so, and credentials are said', async () => {
  const send = await serve({ AllowOrigins: ['https://*'], AllowCredentials: true }, 'GET');
  expect((await send({ headers: { authorization: 't', origin: 'https://any.example' } })).cors).toEqual({
    'access-control-allow-origin': 'https://any.example',
    'access-control-allow-credentials': 'true',
  });
  expect((await send({ headers: { authorization: 't', origin: 'http://any.example' } })).cors).toEqual({});
});
