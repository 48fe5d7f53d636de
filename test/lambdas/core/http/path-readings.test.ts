import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginsWithAuthority,
  foldCase,
  hasDotSegment,
  readingsOf,
  withoutExtension,
} from '../../../../lambdas/core/http/path-readings.ts';

/** Refused: a reading climbs, or there are too many readings. */
function climbs(path: string): boolean {
  return readingsOf(path)?.some(hasDotSegment) ?? true;
}

describe('the readings of a path', () => {
  it.each([
    '',
    '/42',
    '/orders/2024-01-01/items',
    '/a.b/c~d/e_f',
    '/users/john.doe@example.com',
    '/report.pdf',
    "/a!$&'()*,=:@",
  ])('that all read alike are that path: %j', (path) => {
    expect(readingsOf(path)).toEqual([path]);
  });

  it('begin with the path itself', () => {
    fc.assert(fc.property(fc.string(), (path) => (readingsOf(path) ?? [path])[0] === path));
  });

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
    '/api/refunds%20\\',
    '/api/refunds%20;v=1/',
    '/api/refunds?',
    '/api/refunds?x/y',
    '/api/refunds%3fx/y',
    '/api/refunds%253fx',
    '/api/refunds#x',
    '/api/refunds%23x',
    '/api/refunds%00x/y',
    '/api/refunds\0.json',
    '/api/refunds;/x/y',
    '/api/refunds\nx',
    '/api/refunds%0ax/y',
    '/api/refunds+',
    '/api/+refunds',
    '/api./refunds',
    '//x/api/refunds',
    '///x/api/refunds',
    '//x:99999/api/refunds',
    '//user@host:1/api/refunds',
    '/%2fx/api/refunds',
    '/\\x/api/refunds',
    '/\t/x/api/refunds',
    '/api%u002frefunds',
    '/api/%u0072efunds',
    '/api%c0%afrefunds',
    '/api%e0%80%afrefunds',
    '/api/%c1%b2efunds',
    '/index.php/api/refunds',
    '/app/default.aspx/api/refunds',
  ])('of %j hold /api/refunds', (path) => {
    expect(readingsOf(path)?.map(foldCase)).toContain('/api/refunds');
  });

  it.each([
    ['/api/refunds.php/x', '/api/refunds.php'],
    ['/a%2fb/card', '/a%2fb/card'],
    ['/a%252fb/%63ard', '/a%2fb/card'],
    ['/a\\b//card', '/a\\b/card'],
    ['/;x//card', '/;x/card'],
    ['/x%253fy/card%3fz', '/x%3fy/card'],
    ['/x#y/card?z', '/x#y/card'],
    ['/api//admin/ ', '/api/admin/ '],
    ['/api//admin/ ', '/api/admin'],
    ['//admin//users', '/admin//users'],
    ['/%72efunds%2f%ff', '/refunds/%ff'],
  ])('of %j hold %j as well, for readers who take fewer steps', (path, reading) => {
    expect(readingsOf(path)).toContain(reading);
  });

  it('keep spaces within a segment', () => {
    expect(readingsOf('/a b/c')).toEqual(['/a b/c']);
  });

  it.each(['//', '/%2f', '/\\', '/%255c'])('begin with an authority where the path begins with %j', (start) => {
    expect(readingsOf(`${start}x/y`)?.some(beginsWithAuthority)).toBe(true);
  });

  it.each(['/x//y', '/a%2f%2fb', '/'])('begin with no authority in %j', (path) => {
    expect(readingsOf(path)?.some(beginsWithAuthority)).toBe(false);
  });

  it('are at most a hundred, or none at all for a path made to have more', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'/\\;?#%2f.\0\n +a'), { maxLength: 60 }), (parts) => {
        expect((readingsOf(`/${parts.join('')}`) ?? []).length).toBeLessThan(100);
      }),
    );
    expect(readingsOf('/;a%2f?b#%5c/;a%2f?b#%5c/+x//;a%252f')).toBeUndefined();
  });

  it.each([
    '/files/a/b/report.final.pdf',
    '/https://example.com/a/b.html',
    '/search/yes? no; maybe #1, 100%',
    '/map;lat=1;lon=2/tiles;z=3/',
    '/users//42/',
  ])('are few for the honest path %j', (path) => {
    expect(readingsOf(path)?.length).toBeLessThanOrEqual(24);
  });
});

describe('withoutExtension', () => {
  it.each([
    ['/refunds.json', ['/refunds']],
    ['/refunds.', ['/refunds']],
    ['/a.b/refunds.tar.gz', ['/a.b/refunds', '/a.b/refunds.tar']],
    ['/refunds', []],
    ['/.well-known', []],
    ['/a.b/', []],
    ['', []],
  ])('of %j is %j', (reading, shorter) => {
    expect(withoutExtension(reading)).toEqual(shorter);
  });
});

describe('foldCase', () => {
  it.each([
    'REFUNDS/KIT',
    'refunds/kit',
    'refund\u017F/kit',
    'refunds/\u212Ait',
    'refunds/k\u0131t',
    'refunds/k\u0130t',
  ])('takes %j for refunds/kit', (text) => {
    expect(foldCase(text)).toBe('refunds/kit');
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

describe('a dot segment', () => {
  it('is seen wherever a reader who decodes up to three times sees it', () => {
    const spelling = fc.oneof(
      fc.constantFrom('.', '%2e', '%2E', '%252e', '%25252E', '%25%32%65', '%%32e'),
      fc.constantFrom('/', '\\', '%2f', '%5C', '%252F', '%255c'),
      fc.constantFrom('a', ';', ';v=1', '%3b', '?', '%23', '%ff', '%C3', 'é', '%c3%a9', '%', '\n'),
    );
    const paths = fc.array(spelling, { maxLength: 8 }).map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(paths, (path) => {
        if (climbsForSomeReader(path)) expect(climbs(path)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    '/users/..',
    '/users/../orders',
    '/users/./x',
    '/users/..\\orders',
    '/users\\..\\orders',
    '/users/..;/orders',
    '/users/..;v=1/orders',
    '/users/.;/x',
    '/users/%2e%2e/orders',
    '/users/.%2E/orders',
    '/users/%252e%252e/orders',
    '/users/%25252e%25252e/orders',
    '/users/..%2forders',
    '/users/..%5corders',
    '/users%2f..%2forders',
    '/users/%2e%2e%2f%ff',
    '/users/%ff%2f%2e%2e',
    '/users/%252e%252e%252f%25ff',
    '/users/..?x',
    '/users/..%23x',
    '/users/..%20/orders',
    '/users/%09../orders',
    '/users/.%00./orders',
    '/users/..%20;v=1/orders',
  ])('is seen in %s', (path) => {
    expect(climbs(path)).toBe(true);
  });

  it.each([
    '/users/42',
    '/users/...',
    '/users/a..b',
    '/users/..a',
    '/users/.well-known',
    '/a.',
    '/a../b',
    '/%2e%2ea',
    '',
  ])('is not seen in %j', (path) => {
    expect(climbs(path)).toBe(false);
  });
});

describe('a hostile path of 8 KB', () => {
  it.each([
    '%',
    '%2',
    '%25',
    '%ff',
    '%c3',
    '%c0%af',
    '%u002f',
    '.',
    'a.',
    '..a',
    './',
    '../',
    '.php',
    '.php/',
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
    ' a',
    '+/',
    '%20',
    '%00',
    ' /',
  ])('made of %j costs no more than some milliseconds', (part) => {
    const path = `/${part.repeat(Math.ceil(8192 / part.length))}`;
    const startedAtMs = performance.now();
    readingsOf(path)?.some(hasDotSegment);
    // A regular expression that backtracks takes seconds over 8 KB; the rest is for a busy machine.
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});
