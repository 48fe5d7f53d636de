import { expect, test } from 'vitest';
import { remapped } from '../../../local/http/remapped.ts';
import { responseOf } from '../../../local/http/reply.ts';

function response(reply: unknown) {
  const result = responseOf(JSON.stringify(reply));
  return result && { ...result, body: result.body.toString('latin1') };
}

test('a reply without a status code is the body of a 200', () => {
  const headers = [['content-type', 'application/json']];
  expect(response({ message: 'hi' })).toEqual({ status: 200, headers, body: '{"message":"hi"}' });
  expect(response('hi')).toEqual({ status: 200, headers, body: 'hi' });
  expect(response(null)).toEqual({ status: 200, headers, body: 'null' });
});

test('cookies become one header each', () => {
  expect(response({ statusCode: 204, cookies: ['a=1', 'b=2'] })?.headers).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ]);
});

test('a base64 body is decoded', () => {
  const body = Buffer.from([0, 255]).toString('base64');
  expect(response({ statusCode: 200, body, isBase64Encoded: true })?.body).toBe('\u0000\u00ff');
});

test('header values that are no text are written as text', () => {
  expect(response({ statusCode: 200, headers: { 'X-N': 1, 'X-B': true } })?.headers).toEqual([
    ['x-n', '1'],
    ['x-b', 'true'],
  ]);
});

test('headers of one connection are not passed on', () => {
  const headers = { 'Keep-Alive': 'timeout=5', 'Transfer-Encoding': 'chunked', Upgrade: 'h2c', 'x-kept': '1' };
  expect(response({ statusCode: 200, headers })?.headers).toEqual([['x-kept', '1']]);
});

test.each(['Connection', 'Content-Length', 'Date', 'Server', 'User-Agent', 'WWW-Authenticate'])(
  'a function’s %s reaches clients under the name that AWS gives it',
  (name) => {
    const reply = { statusCode: 401, headers: { [name]: 'of the function' } };
    expect(remapped(response(reply)?.headers ?? [])).toEqual([
      [`x-amzn-remapped-${name.toLowerCase()}`, 'of the function'],
    ]);
  },
);

test.each([
  ['a status code that is none', { statusCode: 'ok' }],
  ['a status code out of range', { statusCode: 700 }],
  ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ['headers that are no object', { statusCode: 200, headers: 'x' }],
  ['cookies that are no list', { statusCode: 200, cookies: 'a=1' }],
])('%s makes a reply malformed', (_, reply) => {
  expect(response(reply)).toBeUndefined();
});
