import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeOperation } from '../../../lambdas/contract/operations.ts';
import { type Claims, verifiedFrom } from '../../../lambdas/core/claims.ts';

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'A'.repeat(40)}.${'B'.repeat(86)}`;

function scopesOf(claims: Claims): readonly string[] | undefined {
  return verifiedFrom({ sub: 'alice', ...claims })?.scopes;
}

describe('the subject', () => {
  it('names the client that limits count', () => {
    expect(verifiedFrom({ sub: 'alice' })).toEqual({
      verdict: 'verified',
      client: 'sub:alice',
      sub: 'alice',
      email: '',
      roles: [],
      scopes: [],
      plan: '',
      tenant: '',
      jti: '',
    });
  });

  it.each([undefined, null, '', 7, true, {}, ['alice'], 'a'.repeat(1025), 'alice\ud800', '\udc00', 'a\nb', TOKEN])(
    'of another kind, %j, makes no verified verdict',
    (sub) => {
      expect(verifiedFrom({ sub })).toBeUndefined();
    },
  );

  it('is kept as it is, without control characters', () => {
    const plain = fc.string({ unit: 'grapheme', minLength: 1 }).filter((sub) => !/\p{Cc}/u.test(sub));
    fc.assert(
      fc.property(plain, (sub) => {
        expect(verifiedFrom({ sub })).toMatchObject({ sub, client: `sub:${sub}` });
      }),
    );
  });

  it('of any verified verdict, its tenant and its token can be revoked', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: fc.constantFrom('eyJ', '.', 'a', '\u0000', '"', '\\', ':', '\ud800', ' '), maxLength: 12 }),
      fc.integer(),
    );
    fc.assert(
      fc.property(text, text, text, (sub, tenant, jti) => {
        const verdict = verifiedFrom({ sub, tenant, jti });
        if (verdict === undefined) return;
        const ids = [verdict.client];
        if (verdict.tenant !== '') ids.push(`tenant:${verdict.tenant}`);
        if (verdict.jti !== '') ids.push(`token:${verdict.jti}`);
        for (const id of ids) expect(decodeOperation({ action: 'revoke', id, reason: 'x' })).toMatchObject({ id });
      }),
    );
  });
});

describe('the other claims', () => {
  it('of any type and any size make a verdict of short strings', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('email', 'roles', 'scope', 'scp', 'plan', 'tenant', 'jti'), fc.jsonValue()),
        (claims) => {
          const verdict = verifiedFrom({ ...claims, sub: 'alice' });
          const { email, plan, tenant, jti, roles = [], scopes = [] } = verdict ?? {};
          for (const value of [email, plan, tenant, jti, ...roles, ...scopes]) expect(typeof value).toBe('string');
        },
      ),
    );
  });

  it.each(['plan', 'tenant', 'jti'])(
    '%s may be a whole number, and is empty when no operator could name it',
    (name) => {
      expect(verifiedFrom({ sub: 'alice', [name]: 42 })).toMatchObject({ [name]: '42' });
      expect(verifiedFrom({ sub: 'alice', [name]: 'a\u0007' })).toMatchObject({ [name]: '' });
      expect(verifiedFrom({ sub: 'alice', [name]: TOKEN })).toMatchObject({ [name]: '' });
    },
  );

  it.each(['email', 'plan', 'tenant', 'jti'])('%s is empty when it is no text, too long or no Unicode', (name) => {
    for (const value of [undefined, null, 1.5, 2 ** 53, true, {}, ['x'], 'x'.repeat(1025), '\ud800']) {
      expect(verifiedFrom({ sub: 'alice', [name]: value })).toMatchObject({ [name]: '' });
    }
    expect(verifiedFrom({ sub: 'alice', [name]: 'x'.repeat(1024) })).toMatchObject({ [name]: 'x'.repeat(1024) });
  });

  it.each([
    [
      ['admin', 'staff'],
      ['admin', 'staff'],
    ],
    ['admin', ['admin']],
    ['admin staff', ['admin staff']],
    [['admin', 7, null, '', ['root'], { name: 'root' }], ['admin']],
    [{ 0: 'admin', length: 1 }, []],
    [undefined, []],
  ])('roles %j are read as %j', (roles, expected) => {
    expect(verifiedFrom({ sub: 'alice', roles })?.roles).toEqual(expected);
  });
});

describe('scopes', () => {
  it.each([
    [{ scope: 'read write' }, ['read', 'write']],
    [{ scope: '  read   write ' }, ['read', 'write']],
    [{ scp: ['read', 'write'] }, ['read', 'write']],
    [{ scp: 'read write' }, ['read', 'write']],
    [{ scope: 'read', scp: ['write'] }, ['write']],
    [{ scope: ['read'] }, []],
    [{ scope: 7 }, []],
    [{}, []],
  ])('of %j are %j', (claims, expected) => {
    expect(scopesOf(claims)).toEqual(expected);
  });

  it('hold no space, so that one item of scp does not become several further on', () => {
    expect(scopesOf({ scp: ['read payments:refund', 'write'] })).toEqual(['write']);
  });

  it.each(['a"b', 'a\\b', 'a\tb', 'a\nb', 'é', '\u00a0'])(
    'are only what RFC 6749 §3.3 calls a scope: %j is none',
    (scope) => {
      expect(scopesOf({ scope })).toEqual([]);
      expect(scopesOf({ scp: [scope] })).toEqual([]);
    },
  );
});
