import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath, pathBelow, upstreamPath } from '../../../../lambdas/core/http/upstream-path.ts';

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

  it('decoded once is the path again', () => {
    fc.assert(fc.property(anyPath, (path) => decodeURIComponent(encodePath(path)) === path.toWellFormed()));
  });

  it.each([
    ['/a b', '/a%20b'],
    ['/100%', '/100%25'],
    ['/%zz', '/%25zz'],
    ['/é/日本/😀', '/%C3%A9/%E6%97%A5%E6%9C%AC/%F0%9F%98%80'],
    ['/x?admin=1#top', '/x%3Fadmin=1%23top'],
    ['/a\r\nHost: evil', '/a%0D%0AHost:%20evil'],
    ['/\ud800', '/%EF%BF%BD'],
    ["/a!$&'()*+,;=:@-._~", "/a!$&'()*+,;=:@-._~"],
    ['/a%2Fb', '/a%252Fb'],
    ['/literal%value', '/literal%25value'],
  ])('%j goes onto the wire as %j', (path, wire) => {
    expect(encodePath(path)).toBe(wire);
  });
});

const STRIPPED = { prefix: '/api/users', stripPrefix: true };
const KEPT = { prefix: '/api/users', stripPrefix: false };

describe('upstreamPath', () => {
  it.each([
    ['/api/users', STRIPPED, '', '/'],
    ['/api/users/', STRIPPED, '', '/'],
    ['/api/users/42', STRIPPED, '', '/42'],
    ['/api/users/a b', STRIPPED, '', '/a%20b'],
    ['/api/users', STRIPPED, '/base', '/base'],
    ['/api/users/42', STRIPPED, '/base', '/base/42'],
    ['/api/users/42', STRIPPED, '/a%20base', '/a%20base/42'],
    ['/api/users', KEPT, '', '/api/users'],
    ['/api/users/42', KEPT, '/base', '/base/api/users/42'],
  ])('of %s with %o and base path %j is %s', (path, policy, basePath, expected) => {
    expect(upstreamPath(path, policy, basePath)).toEqual({ path: expected });
  });

  it.each([
    ['/api/users//42', STRIPPED, '', '/42'],
    ['/api/users///x/refunds', STRIPPED, '', '/x/refunds'],
    ['/api/users//', STRIPPED, '', '/'],
    ['/api/users//x:99999/admin', STRIPPED, '', '/x:99999/admin'],
    ['/api/users/42', STRIPPED, '//base', '/base/42'],
    ['/api/users//42', STRIPPED, '/base', '/base/42'],
    ['/api/users//42', KEPT, '', '/api/users/42'],
  ])(
    'of %s with %o and base path %j has one slash in front of what is below the prefix: %s',
    (path, policy, basePath, expected) => {
      expect(upstreamPath(path, policy, basePath)).toEqual({ path: expected });
    },
  );

  it.each([
    ['/api/users/a//b', STRIPPED, '', '/a//b'],
    ['/api/users/a//b', KEPT, '', '/api/users/a//b'],
  ])('of %s with %o and base path %j keeps slashes further in: %s', (path, policy, basePath, expected) => {
    expect(upstreamPath(path, policy, basePath)).toEqual({ path: expected });
  });

  it.each([
    '/\\x/refunds',
    '\\\\x/refunds',
    '/%2fx/refunds',
    '/%5Cx/refunds',
    '/%252fx/refunds',
    '/%25252fx/refunds',
    '/%2%66x/refunds',
    '/\t/x/refunds',
    '/%09/x/refunds',
    '/\0/x/refunds',
    '/%0a%2fx/refunds',
    '/ /x/refunds',
    '/;a/x/refunds',
    '/%c0%afx/refunds',
    '/%u002fx/refunds',
    '///\\x/refunds',
  ])('refuses %j below the prefix, which begins with two slashes for some readers', (below) => {
    const path = `/api/users${below.startsWith('/') ? below : `/${below}`}`;
    const refusal = { refused: 'the path begins with two slashes for some readers' };
    expect(upstreamPath(path, STRIPPED, '')).toEqual(refusal);
    expect(upstreamPath(path, KEPT, '')).toEqual(refusal);
    expect(upstreamPath(path, STRIPPED, '/base')).toEqual(refusal);
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
  ])('refuses %j, which lies outside the prefix', (path) => {
    expect(pathBelow('/api/users', path)).toBeUndefined();
    for (const policy of [STRIPPED, KEPT]) {
      expect(upstreamPath(path, policy, '')).toEqual({ refused: 'the path lies outside the service' });
    }
  });

  it('always is a legal path that begins with one slash, however often it is decoded', () => {
    fc.assert(
      fc.property(anyPath, fc.constantFrom('', '/base'), fc.boolean(), (rest, basePath, stripPrefix) => {
        const target = upstreamPath(`/api/users${rest}`, { prefix: '/api/users', stripPrefix }, basePath);
        if ('refused' in target) return;
        expect(target.path).toMatch(LEGAL_PATH);
        for (const reading of decodings(target.path)) expect(reading).toMatch(/^\/(?![/\\])/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is on the host of the upstream for the URL standard, however often it is decoded', () => {
    fc.assert(
      fc.property(anyPath, (rest) => {
        const target = upstreamPath(`/api/users${rest}`, STRIPPED, '');
        if ('refused' in target) return;
        for (const reading of decodings(target.path)) expect(new URL(reading, 'http://upstream').host).toBe('upstream');
      }),
      { numRuns: 2000 },
    );
  });
});

/** The path, and what those see who decode it up to four times. */
function decodings(path: string): string[] {
  const readings = [path];
  for (let round = 0; round < 4; round += 1) {
    readings.push(
      (readings.at(-1) ?? '').replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    );
  }
  return readings;
}

describe('a hostile path of 8 KB', () => {
  it.each(['%', '%2', '%25', '%ff', '/', '\\', ';', '/;', '%2e%2e%2f', 'é', '\ud800', ' ', '%00', ' /'])(
    'made of %j costs no more than some milliseconds',
    (part) => {
      const path = `/api/users/${part.repeat(Math.ceil(8192 / part.length))}`;
      const startedAtMs = performance.now();
      upstreamPath(path, STRIPPED, '');
      // A regular expression that backtracks takes seconds over 8 KB; the rest is for a busy machine.
      expect(performance.now() - startedAtMs).toBeLessThan(500);
    },
  );
});
