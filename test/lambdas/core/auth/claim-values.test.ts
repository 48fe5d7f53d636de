import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimTest } from '../../../../lambdas/contract/auth/claim-test.ts';
import { claimValuesReader, holds } from '../../../../lambdas/core/auth/claim-values.ts';

function claimOf(value: unknown): unknown {
  return claimValuesReader(['/a'])({ a: value })['/a'];
}

describe('the claims that are handed on', () => {
  it('are those that are asked for, by their pointers', () => {
    const claims = { email: 'a@example.com', org: { name: 'acme', ids: [1, 'b', true] }, other: 1 };
    expect(claimValuesReader(['/org/name', '/org/ids', '/missing', '/org/name'])(claims)).toEqual({
      '/org/name': 'acme',
      '/org/ids': [1, 'b', true],
    });
    expect(claimValuesReader([])(claims)).toEqual({});
  });

  it.each([
    ['x'.repeat(1024), 'x'.repeat(1024)],
    ['x'.repeat(1025), undefined],
    ['\ud800', undefined],
    ['', ''],
    [0, 0],
    [1.5, 1.5],
    [Number.POSITIVE_INFINITY, undefined],
    [false, false],
    [null, undefined],
    [{ b: 1 }, undefined],
    [[], []],
    [
      ['x', { b: 1 }, null, ['y'], 2],
      ['x', 2],
    ],
    [Array.from({ length: 100 }, () => 1), Array.from({ length: 100 }, () => 1)],
    [Array.from({ length: 101 }, () => 1), undefined],
  ])('of %j are %j', (value, expected) => {
    expect(claimOf(value)).toEqual(expected);
  });

  it('are no larger together than a verdict may be, the first ones first', () => {
    const claims = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'x'.repeat(1000)]));
    const values = claimValuesReader(['/a', '/b', '/c', '/d', '/e'])(claims);
    expect(Object.keys(values)).toEqual(['/a', '/b', '/c', '/d']);
    expect(claimOf(Array.from({ length: 100 }, () => 'x'.repeat(50)))).toBeUndefined();
  });

  it('are small and flat, whatever the token holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue()), (claims) => {
        const values = claimValuesReader(['/a', '/b', '/__proto__'])(claims);
        expect(JSON.stringify(values).length).toBeLessThan(4200);
        for (const value of Object.values(values)) {
          for (const item of [value].flat()) expect(typeof item).toBeOneOf(['string', 'number', 'boolean']);
        }
      }),
    );
  });
});

describe('a test of a claim', () => {
  const claims = { '/s': 'acme', '/n': 1, '/b': true, '/list': ['a', 1, false], '/empty': [] };

  it.each<[ClaimTest, boolean]>([
    [{ claim: '/s', op: 'equals', value: 'acme' }, true],
    [{ claim: '/s', op: 'equals', value: 'ACME' }, false],
    [{ claim: '/n', op: 'equals', value: 1 }, true],
    [{ claim: '/n', op: 'equals', value: '1' }, false],
    [{ claim: '/b', op: 'equals', value: true }, true],
    [{ claim: '/b', op: 'equals', value: 'true' }, false],
    [{ claim: '/list', op: 'equals', value: 'a' }, false],
    [{ claim: '/list', op: 'contains', value: 'a' }, true],
    [{ claim: '/list', op: 'contains', value: false }, true],
    [{ claim: '/list', op: 'contains', value: '1' }, false],
    [{ claim: '/empty', op: 'contains', value: 'a' }, false],
    [{ claim: '/s', op: 'contains', value: 'acme' }, false],
    [{ claim: '/s', op: 'contains', value: 'a' }, false],
    [{ claim: '/s', op: 'oneOf', value: ['x', 'acme'] }, true],
    [{ claim: '/n', op: 'oneOf', value: ['1', 2] }, false],
    [{ claim: '/s', op: 'oneOf', value: [] }, false],
    [{ claim: '/list', op: 'oneOf', value: ['a', 1, false] }, false],
    [{ claim: '/s', op: 'matches', value: 'ac*' }, true],
    [{ claim: '/s', op: 'matches', value: 'ac' }, false],
    [{ claim: '/n', op: 'matches', value: '*' }, false],
    [{ claim: '/list', op: 'matches', value: '*' }, false],
    [{ claim: '/missing', op: 'matches', value: '*' }, false],
    [{ claim: '/missing', op: 'oneOf', value: [] }, false],
    [{ claim: 'constructor', op: 'matches', value: '*' }, false],
    [{ claim: 'toString', op: 'equals', value: '' }, false],
  ])('%j holds: %j', (test, expected) => {
    expect(holds(test, claims)).toBe(expected);
  });
});

describe('a pattern', () => {
  function matches(pattern: string, text: string): boolean {
    return holds({ claim: '/a', op: 'matches', value: pattern }, { '/a': text });
  }

  /** The same pattern as a regular expression. */
  function oracle(pattern: string): RegExp {
    const parts = [...pattern].map((character) => {
      if (character === '*') return '[^]*';
      return character === '?' ? '[^]' : character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
    });
    return new RegExp(`^${parts.join('')}$`);
  }

  it('matches what a regular expression of the same meaning does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        expect(matches(pattern, value)).toBe(oracle(pattern).test(value));
      }),
      { numRuns: 5000 },
    );
  });

  it('matches every text that it was made from', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), fc.string(), (parts, gap) => {
        fc.pre(!/[*?]/.test(parts.join('')));
        expect(matches(parts.join('*'), parts.join(gap))).toBe(true);
      }),
    );
  });

  it('of many stars takes time in proportion to pattern and text', () => {
    const startedAtMs = performance.now();
    expect(matches(`${'*a'.repeat(500)}b`, 'a'.repeat(1024))).toBe(false);
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });
});
