import { describe, expect, it } from 'vitest';
import { parseRouteKey, routeKeyText } from '../../../lib/gateway/route.ts';

const read = (key: string) => routeKeyText(parseRouteKey(key, '/api/payments', ['/api/orders']));

describe('a route key', () => {
  it.each([
    ['POST /refunds', 'POST /api/payments/refunds'],
    ['GET /{id}', 'GET /api/payments/{id}'],
    ['GET /{id}/items/{item_id}', 'GET /api/payments/{id}/items/{item_id}'],
    ['ANY /admin/{proxy+}', 'ANY /api/payments/admin/{proxy+}'],
    ['DELETE /', 'DELETE /api/payments'],
  ])('%j is relative to the prefix', (key, expected) => {
    expect(read(key)).toBe(expected);
  });

  it.each([
    ['/refunds', 'a route must be a method, one space and a path, got "/refunds": write \'POST /refunds\''],
    ['POST', 'a route must be a method, one space and a path, got "POST": '],
    ['POST  /refunds', 'a route must be a method, one space and a path'],
    ['POST /refunds now', 'a route must be a method, one space and a path'],
    ['', 'a route must be a method, one space and a path, got "": '],
    [
      'FETCH /refunds',
      "a route's method must be one of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, got \"FETCH /refunds\": write 'GET /refunds'",
    ],
    ['post /refunds', 'got "post /refunds": write \'POST /refunds\''],
    ['POST refunds', `a route's path must start with a slash, got "POST refunds": write 'POST /refunds'`],
    ['POST /../orders', 'a route must lie under its service\'s prefix /api/payments, got "POST /../orders": '],
    [
      'POST /api/orders/1',
      'a route must lie under its service\'s prefix /api/payments, got "POST /api/orders/1": add it to the service at /api/orders',
    ],
    [
      'POST /api/payments/refunds',
      `a route's path is relative to its service's prefix /api/payments, got "POST /api/payments/refunds": write 'POST /refunds'`,
    ],
    ['POST /refunds/', '"" is none'],
    ['POST /{id', '"{id" is none'],
    ['POST /{proxy+}/x', '"{proxy+}" is none'],
    ['POST /a*b', '"a*b" is none'],
  ])('%j is refused', (key, message) => {
    expect(() => read(key)).toThrow(message);
  });
});
