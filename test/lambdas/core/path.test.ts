import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalPath,
  canonicalReadings,
  encodePath,
  hasDotSegment,
  upstreamPath,
} from '../../../lambdas/core/path.ts';

const LEGAL_PATH = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/** Anything that a path may be made of, the legal, the encoded and the hostile. */
const anyPath = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '\\',
        ';',
        '%',
        '%2',
        '%2e',
        '%2F',
        '%252e',
        '%ff',
        '%c3%a9',
        '?',
        '#',
        ' ',
        '\n',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ maxLength: 4 }),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join('')}`);

describe('encodePath', () => {
  it('lets only what RFC 3986 allows in a path onto the wire', () => {
    fc.assert(fc.property(anyPath, (path) => LEGAL_PATH.test(encodePath(path))));
  });

  it('changes nothing that is legal', () => {
    const legal = fc.stringMatching(/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/);
    fc.assert(fc.property(legal, (path) => encodePath(path) === path));
  });

  it('applied again changes nothing', () => {
    fc.assert(fc.property(anyPath, (path) => encodePath(encodePath(path)) === encodePath(path)));
  });

  it.each([
    ['/a b', '/a%20b'],
    ['/100%', '/100%25'],
    ['/%zz', '/%25zz'],
    ['/é/日本/😀', '/%C3%A9/%E6%97%A5%E6%9C%AC/%F0%9F%98%80'],
    ['/x?admin=1#top', '/x%3Fadmin=1%23top'],
    ['/a\r\nHost: evil', '/a%0D%0AHost:%20evil'],
    ['/\ud800', '/%EF%BF%BD'],
    ["/a!$&'()*+,;=:@-._~%2F", "/a!$&'()*+,;=:@-._~%2F"],
  ])('%j goes onto the wire as %j', (path, wire) => {
    expect(encodePath(path)).toBe(wire);
  });
});

/** Every reader of up to three decodings, each of whom may decode byte by byte and take a backslash for a slash. */
function climbsForSomeReader(path: string): boolean {
  const readings = [path];
  for (let round = 0; round < 3; round += 1) readings.push(decodedBytewise(readings.at(-1) ?? ''));
  return readings.some((reading) =>
    reading.split(/[/\\]/).some((segment) => ['.', '..'].includes(segment.split(/[;?#]/)[0] ?? '')),
  );
}

function decodedBytewise(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

describe('hasDotSegment', () => {
  it('sees every dot segment that a reader who decodes up to three times sees', () => {
    const spelling = fc.oneof(
      fc.constantFrom('.', '%2e', '%2E', '%252e', '%25252E', '%25%32%65', '%%32e'),
      fc.constantFrom('/', '\\', '%2f', '%5C', '%252F', '%255c'),
      fc.constantFrom('a', ';', ';v=1', '%3b', '?', '%23', '%ff', '%C3', 'é', '%c3%a9', '%', '\n'),
    );
    const paths = fc.array(spelling, { maxLength: 8 }).map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(paths, (path) => {
        if (climbsForSomeReader(path)) expect(hasDotSegment(path)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    '/api/users/..',
    '/api/users/../orders',
    '/api/users/./x',
    '/api/users/..\\orders',
    '/api/users\\..\\orders',
    '/api/users/..;/orders',
    '/api/users/..;v=1/orders',
    '/api/users/.;/x',
    '/api/users/%2e%2e/orders',
    '/api/users/.%2E/orders',
    '/api/users/%252e%252e/orders',
    '/api/users/%25252e%25252e/orders',
    '/api/users/..%2forders',
    '/api/users/..%5corders',
    '/api/users%2f..%2forders',
    '/api/users/%2e%2e%2f%ff',
    '/api/users/%ff%2f%2e%2e',
    '/api/users/%252e%252e%252f%25ff',
    '/api/users/..?x',
    '/api/users/..%23x',
    '/api/users/..%20/orders',
    '/api/users/%09../orders',
    '/api/users/.%00./orders',
    '/api/users/..%20;v=1/orders',
  ])('finds the one in %s', (path) => {
    expect(hasDotSegment(path)).toBe(true);
  });

  it.each([
    '/api/users/42',
    '/api/users/...',
    '/api/users/a..b',
    '/api/users/..a',
    '/api/users/.well-known',
    '/a.',
    '/a../b',
    '/%2e%2ea',
    '',
  ])('finds none in %j', (path) => {
    expect(hasDotSegment(path)).toBe(false);
  });
});

describe('canonicalPath', () => {
  it.each([
    '/api/refunds',
    '/api/refunds/',
    '//api///refunds//',
    '/API/Refunds',
    '/api/%72efunds',
    '/api%2Frefunds',
    '/api/%2572efunds',
    '/api\\refunds',
    '/api/refunds;v=1',
    '/api;a=1/refunds;b=2/',
    '/api/;x/refunds',
    '/api/refunds%3Bv=1',
    '/api/refunds%0a',
    '/api/refunds\n',
    '/api/refunds%20',
    '/api/%20refunds ',
    '/api/refunds%2500',
    '/api/ref%00unds',
    '/api/refunds/%09',
    '/api/%0d%0a/refunds/%20/',
    '/api/refunds%C2%85',
    '/api/refunds%C2%A0',
    '/api/refunds%20;v=1',
    '/api/refunds%20\\',
  ])('reads %s as /api/refunds', (path) => {
    expect(canonicalPath(path)).toBe('/api/refunds');
  });

  it('decodes what stands beside a byte that is no UTF-8', () => {
    expect(canonicalPath('/api/%72efunds%2f%ff')).toBe('/api/refunds/%ff');
  });

  it('keeps spaces within a segment, and a dot behind it', () => {
    expect(canonicalPath('/api/a%20b/refunds.')).toBe('/api/a b/refunds.');
  });

  it('is one of two readings where a reader may drop something, and the only one elsewhere', () => {
    expect(canonicalReadings('/api//Admin/%20')).toEqual(['/api/admin', '/api/admin/ ']);
    expect(canonicalReadings('/api//Admin/a')).toEqual(['/api/admin/a']);
  });

  it('keeps the root', () => {
    expect(canonicalPath('/')).toBe('/');
    expect(canonicalPath('//')).toBe('/');
  });

  it('of a canonical path without escapes is that path', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const canonical = canonicalPath(path);
        if (!/[%;\\]/.test(canonical)) expect(canonicalPath(canonical)).toBe(canonical);
      }),
    );
  });
});

describe('upstreamPath', () => {
  const stripped = { prefix: '/api/users', stripPrefix: true };
  const kept = { prefix: '/api/users', stripPrefix: false };

  it.each([
    ['/api/users', stripped, '', '/'],
    ['/api/users/', stripped, '', '/'],
    ['/api/users/42', stripped, '', '/42'],
    ['/api/users/a b', stripped, '', '/a%20b'],
    ['/api/users//42', stripped, '', '//42'],
    ['/api/users', stripped, '/base', '/base'],
    ['/api/users/42', stripped, '/base', '/base/42'],
    ['/api/users', kept, '', '/api/users'],
    ['/api/users/42', kept, '/base', '/base/api/users/42'],
  ])('of %s with %o and base path %j is %s', (path, policy, basePath, expected) => {
    expect(upstreamPath(path, policy, basePath)).toBe(expected);
  });

  it.each([
    '/api/usersx',
    '/api/users;v=1',
    '/api/user',
    '/api',
    '/',
    '',
    '/API/users',
    '/x/api/users/42',
    'api/users',
  ])('is none for %j, which lies outside the prefix', (path) => {
    expect(upstreamPath(path, stripped, '')).toBeUndefined();
    expect(upstreamPath(path, kept, '')).toBeUndefined();
  });

  it('always is a legal path that starts with a slash', () => {
    fc.assert(
      fc.property(anyPath, fc.constantFrom('', '/base'), fc.boolean(), (rest, basePath, stripPrefix) => {
        const path = upstreamPath(`/api/users${rest}`, { prefix: '/api/users', stripPrefix }, basePath);
        expect(path).toMatch(LEGAL_PATH);
        expect(path?.startsWith('/')).toBe(true);
      }),
    );
  });
});

describe('a hostile path of 8 KB', () => {
  it.each([
    '%',
    '%2',
    '%25',
    '%ff',
    '%c3',
    '.',
    './',
    '../',
    '/',
    '\\',
    ';',
    '/;',
    '%2e%2e%2f',
    '%25252e',
    'é',
    '\ud800',
    '{a+}',
    ' ',
    '%20',
    '%00',
    ' /',
  ])('made of %j costs no more than a few milliseconds', (part) => {
    const path = `/api/users/${part.repeat(Math.ceil(8192 / part.length))}`;
    const startedAtMs = performance.now();
    hasDotSegment(path);
    canonicalPath(path);
    upstreamPath(path, { prefix: '/api/users', stripPrefix: true }, '');
    // A regular expression that backtracks takes seconds over 8 KB; the rest is for a busy machine.
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });
});
