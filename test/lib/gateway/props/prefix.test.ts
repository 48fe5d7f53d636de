import { describe, expect, it } from 'vitest';
import { checkPrefix, overlap } from '../../../../lib/gateway/props/prefix.ts';

describe('a prefix', () => {
  it.each(['/users', '/api/users', '/v1.0/a-b_c~d'])('may be %s', (prefix) => {
    expect(() => checkPrefix(prefix)).not.toThrow();
  });

  it.each([
    ['api/users', `prefix must start with a slash, got "api/users": write '/api/users'`],
    ['', `prefix must name a path, got "": write one like '/api/users'`],
    ['/', `prefix must name a path, got "/": write one like '/api/users'`],
    ['/api/users/', `prefix must end without a slash, got "/api/users/": write '/api/users', which`],
    ['/api/{version}', `prefix must be fixed text, got "/api/{version}": path parameters belong in addRoute`],
    [
      '/api//users',
      'prefix must be segments of letters, digits and . _ ~ - between single slashes, got "/api//users": ""',
    ],
    ['/api/us ers', 'got "/api/us ers": "us ers" is none'],
    ['/api/%75sers', 'got "/api/%75sers": "%75sers" is none'],
    ['/api/../users', 'got "/api/../users": ".." is none'],
    ['/api?x', 'got "/api?x": "api?x" is none'],
  ])('may not be %j', (prefix, message) => {
    expect(() => checkPrefix(prefix)).toThrow(message);
  });

  it('overlaps itself and what lies below it, and nothing else', () => {
    expect(overlap('/api/users', '/api/users')).toBe(true);
    expect(overlap('/api', '/api/users')).toBe(true);
    expect(overlap('/api/users', '/api')).toBe(true);
    expect(overlap('/api/users', '/api/users-archive')).toBe(false);
    expect(overlap('/api/users', '/api/orders')).toBe(false);
  });
});
