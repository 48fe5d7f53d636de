import { describe, expect, it } from 'vitest';
import { Claim } from '../../../../lib/gateway/auth/claim.ts';

describe('Claim', () => {
  it('is data that says where the claim lies and what it must be', () => {
    expect(Claim.equals('token_use', 'access').test).toEqual({ claim: '/token_use', op: 'equals', value: 'access' });
    expect(Claim.equals('verified', true).test).toEqual({ claim: '/verified', op: 'equals', value: true });
    expect(Claim.contains(['realm_access', 'roles'], 'admin').test).toEqual({
      claim: '/realm_access/roles',
      op: 'contains',
      value: 'admin',
    });
    expect(Claim.oneOf('client_id', ['web', 'mobile', 'web', 7]).test).toEqual({
      claim: '/client_id',
      op: 'oneOf',
      value: ['web', 'mobile', 7],
    });
    expect(Claim.matches('email', '*@example.com').test).toEqual({
      claim: '/email',
      op: 'matches',
      value: '*@example.com',
    });
  });

  it('takes a name as it is, whatever is in it', () => {
    expect(Claim.equals('https://example.com/a~b', 1).test.claim).toBe('/https:~1~1example.com~1a~0b');
    expect(Claim.equals('a.b', 1).test.claim).toBe('/a.b');
  });

  it.each<[string, unknown]>([
    ['no name', ''],
    ['no names', []],
    ['an empty name inside', ['a', '']],
    ['a number', 5],
    ['half a character', '\ud800'],
  ])('refuses %s', (_, path) => {
    expect(() => Claim.equals(path as string, 1)).toThrow(
      /^a claim must be the name of a claim, or the names that lead to it, got .*: write one like 'email', or like \[/,
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, null, undefined, {}, [], 'a'.repeat(1025), '\ud800'])(
    'refuses the value %j',
    (value) => {
      const scalar = value as unknown as string;
      expect(() => Claim.equals('a', scalar)).toThrow('the value of a claim must be a text of at most 1024 characters');
      expect(() => Claim.contains('a', scalar)).toThrow('the value of a claim must be a text');
      expect(() => Claim.oneOf('a', ['b', scalar])).toThrow('the values of a claim must be a list of texts, numbers');
    },
  );

  it('refuses a list of no values', () => {
    expect(() => Claim.oneOf('a', [])).toThrow(
      "the values of a claim must be a list of texts, numbers and booleans, one at least, got []: write one like ['web', 'mobile']",
    );
  });

  it.each(['', 'a'.repeat(257), '\ud800'])('refuses the pattern %j', (pattern) => {
    expect(() => Claim.matches('a', pattern)).toThrow(
      `the pattern of a claim must be 1 to 256 characters, got ${pattern.length}: write one like '*@example.com'`,
    );
  });

  it('takes a pattern of 256 characters, and no regular expression', () => {
    expect(() => Claim.matches('a', 'a'.repeat(256))).not.toThrow();
    expect(() => Claim.matches('a', /a/ as unknown as string)).toThrow('the pattern of a claim must be a string, got ');
  });
});
