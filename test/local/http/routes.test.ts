import { expect, test } from 'vitest';
import { selectRoute } from '../../../local/http/routes.ts';

function select(routeKeys: readonly string[], method: string, path: string) {
  const selection = selectRoute(
    routeKeys.map((routeKey) => ({ routeKey })),
    method,
    path,
  );
  return selection && { routeKey: selection.route.routeKey, ...selection.pathParameters };
}

// The routes and requests of AWS's own example.
const PETS = ['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}', '$default'];

test.each([
  ['GET', '/pets/dog/1', { routeKey: 'GET /pets/dog/1' }],
  ['GET', '/pets/dog/2', { routeKey: 'GET /pets/dog/{id}', id: '2' }],
  ['GET', '/pets/cat/1', { routeKey: 'GET /pets/{proxy+}', proxy: 'cat/1' }],
  ['POST', '/test/5', { routeKey: 'ANY /{proxy+}', proxy: 'test/5' }],
])('%s %s selects as AWS documents', (method, path, selected) => {
  expect(select(PETS, method, path)).toEqual(selected);
});

test('a route that names the method wins over ANY at the same path', () => {
  expect(select(['ANY /a', 'POST /a'], 'POST', '/a')).toEqual({ routeKey: 'POST /a' });
  expect(select(['ANY /a/{proxy+}', 'POST /a/{proxy+}'], 'GET', '/a/b')).toMatchObject({ routeKey: 'ANY /a/{proxy+}' });
});

test('a full match with a variable wins over a greedy one with a longer literal beginning', () => {
  expect(select(['GET /{a}/{b}', 'GET /pets/{proxy+}'], 'GET', '/pets/1')).toMatchObject({ routeKey: 'GET /{a}/{b}' });
});

test('the greedy route with the longer literal beginning wins', () => {
  expect(select(['ANY /{proxy+}', 'ANY /api/{proxy+}'], 'GET', '/api/x')).toMatchObject({
    routeKey: 'ANY /api/{proxy+}',
  });
});

test('a literal segment wins over a variable at the first place where they differ', () => {
  expect(select(['GET /{a}/x', 'GET /p/{b}'], 'GET', '/p/x')).toMatchObject({ routeKey: 'GET /p/{b}' });
});

test('a prefix alone is not its children, and a greedy variable is not the prefix', () => {
  expect(select(['ANY /api/users'], 'GET', '/api/users/1')).toBeUndefined();
  expect(select(['ANY /api/users/{proxy+}'], 'GET', '/api/users')).toBeUndefined();
});

test('names are compared with their case', () => {
  expect(select(['GET /api'], 'GET', '/API')).toBeUndefined();
});

test('a parameter is decoded once more than the path that was matched', () => {
  expect(select(['GET /items/{id}'], 'GET', '/items/a%2Fb')).toEqual({ routeKey: 'GET /items/{id}', id: 'a/b' });
  expect(select(['GET /items/{proxy+}'], 'GET', '/items/a%2Fb/c')).toMatchObject({ proxy: 'a/b/c' });
});

test('a parameter that cannot be decoded once more is an error', () => {
  expect(() => select(['GET /{id}'], 'GET', '/%zz')).toThrow(URIError);
});

test('nothing but $default serves what no route matches', () => {
  expect(select(['GET /a', '$default'], 'GET', '/b')).toEqual({ routeKey: '$default' });
  expect(select(['GET /a'], 'GET', '/b')).toBeUndefined();
});
