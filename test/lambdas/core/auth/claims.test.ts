import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClaimMapping,
  DEFAULT_MAPPING,
  type IssuerConfig,
} from '../../../../lambdas/contract/auth/authorizer-config.ts';
import { type Claims, claimPointer } from '../../../../lambdas/contract/auth/claim-pointer.ts';
import type { Verified } from '../../../../lambdas/contract/auth/verdict.ts';
import { decodeOperation } from '../../../../lambdas/contract/operations/operations.ts';
import { tokenReader } from '../../../../lambdas/core/auth/claims.ts';

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'A'.repeat(40)}.${'B'.repeat(86)}`;
const ISSUER = { issuer: 'https://auth.example.com', mapping: DEFAULT_MAPPING, subjectPrefix: '', requires: [] };

/** What is read of a token that an issuer with these settings signed. */
function verifiedFrom(
  claims: Claims,
  changes: Partial<Omit<IssuerConfig, 'mapping'>> & { readonly mapping?: Partial<ClaimMapping> } = {},
  handedOn: readonly string[] = [],
  prefixes: readonly string[] = [],
): Verified | undefined {
  const mapping = { ...DEFAULT_MAPPING, ...changes.mapping };
  return tokenReader({ ...ISSUER, ...changes, mapping }, handedOn, prefixes)(claims);
}

function scopesOf(claims: Claims, mapping: Partial<ClaimMapping> = {}): readonly string[] | undefined {
  return verifiedFrom({ sub: 'alice', ...claims }, { mapping })?.scopes;
}

describe('the subject', () => {
  it('names the client that limits count', () => {
    expect(verifiedFrom({ sub: 'alice' })).toEqual({
      verdict: 'verified',
      kind: 'jwt',
      client: 'sub:alice',
      sub: 'alice',
      email: '',
      roles: [],
      scopes: [],
      plan: '',
      tenant: '',
      jti: '',
      issuer: 'https://auth.example.com',
      claims: {},
    });
  });

  it.each([undefined, null, '', 7, true, {}, ['alice'], 'a'.repeat(1025), 'alice\ud800', '\udc00', 'a\nb', TOKEN])(
    'of another kind, %j, makes no verified verdict',
    (sub) => {
      expect(verifiedFrom({ sub })).toBeUndefined();
      expect(verifiedFrom({ sub }, { subjectPrefix: 'partner' })).toBeUndefined();
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
      fc.property(text, text, text, fc.constantFrom('', 'partner'), (sub, tenant, jti, subjectPrefix) => {
        const verdict = verifiedFrom({ sub, tenant, jti }, { subjectPrefix });
        if (verdict === undefined) return;
        const ids = [verdict.client];
        if (verdict.tenant !== '') ids.push(`tenant:${verdict.tenant}`);
        if (verdict.jti !== '') ids.push(`token:${verdict.jti}`);
        for (const id of ids) expect(decodeOperation({ action: 'revoke', id, reason: 'x' })).toMatchObject({ id });
      }),
    );
  });

  it('of an issuer with a prefix is nobody else’s', () => {
    expect(verifiedFrom({ sub: 'alice' }, { subjectPrefix: 'partner' })).toMatchObject({
      sub: 'partner|alice',
      client: 'sub:partner|alice',
    });
    expect(verifiedFrom({ sub: 'partner|alice' }, {}, [], ['', 'partner'])).toBeUndefined();
    expect(verifiedFrom({ sub: 'partners|alice' }, {}, [], ['', 'partner'])).toMatchObject({ sub: 'partners|alice' });
    expect(verifiedFrom({ sub: 'alice' }, { subjectPrefix: 'partner' }, [], ['', 'partner'])).toMatchObject({
      sub: 'partner|alice',
    });
    // The name as a whole must be one that an operator can write.
    expect(verifiedFrom({ sub: 'a'.repeat(1020) }, { subjectPrefix: 'partner' })).toBeUndefined();
  });

  it('may be in another claim, and only there', () => {
    const mapping = { sub: '/user/id' };
    expect(verifiedFrom({ sub: 'alice', user: { id: 'u-1' } }, { mapping })).toMatchObject({ sub: 'u-1' });
    expect(verifiedFrom({ sub: 'alice' }, { mapping })).toBeUndefined();
  });
});

describe('all other claims', () => {
  it('are texts, whatever the token holds', () => {
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

describe('the claims of other issuers', () => {
  it('of Cognito: groups are roles', () => {
    const claims = {
      sub: 'alice',
      'cognito:groups': ['admin'],
      roles: ['root'],
      scope: 'aws.cognito.signin.user.admin',
    };
    expect(verifiedFrom(claims, { mapping: { roles: claimPointer('cognito:groups') } })).toMatchObject({
      roles: ['admin'],
      scopes: ['aws.cognito.signin.user.admin'],
    });
  });

  it('of Auth0: names are URLs', () => {
    const claims = {
      sub: 'auth0|1',
      'https://example.com/roles': ['admin'],
      'https://example.com/plan': 'pro',
      permissions: ['read:users', 'write:users'],
    };
    const mapping = {
      roles: claimPointer('https://example.com/roles'),
      plan: claimPointer('https://example.com/plan'),
      scopes: claimPointer('permissions'),
    };
    expect(verifiedFrom(claims, { mapping })).toMatchObject({
      sub: 'auth0|1',
      roles: ['admin'],
      plan: 'pro',
      scopes: ['read:users', 'write:users'],
    });
  });

  it('of Keycloak: roles are nested', () => {
    const claims = {
      sub: 'alice',
      realm_access: { roles: ['offline_access', 'admin'] },
      resource_access: { shop: { roles: ['buyer'] } },
    };
    const roles = claimPointer(['realm_access', 'roles']);
    expect(verifiedFrom(claims, { mapping: { roles } })?.roles).toEqual(['offline_access', 'admin']);
    const nested = claimPointer(['resource_access', 'shop', 'roles']);
    expect(verifiedFrom(claims, { mapping: { roles: nested } })?.roles).toEqual(['buyer']);
  });

  it('say nothing where the mapping says that none does', () => {
    const claims = { sub: 'alice', email: 'e', roles: ['r'], scope: 's', plan: 'p', tenant: 't' };
    const mapping = { email: null, roles: null, scopes: null, plan: null, tenant: null };
    expect(verifiedFrom(claims, { mapping })).toMatchObject({ email: '', roles: [], scopes: [], plan: '', tenant: '' });
  });
});

describe('scopes', () => {
  it.each([
    [{ scope: 'read write' }, ['read', 'write']],
    [{ scope: '  read   write ' }, ['read', 'write']],
    [{ scp: ['read', 'write'] }, ['read', 'write']],
    [{ scp: 'read write' }, ['read', 'write']],
    [{ scope: 'read', scp: ['write'] }, ['write']],
    [{ scope: 'read', scp: 'write' }, ['read']],
    [{ scope: ['read'] }, ['read']],
    [{ scope: 7 }, []],
    [{}, []],
  ])('of %j are %j', (claims, expected) => {
    expect(scopesOf(claims)).toEqual(expected);
  });

  it('are read from one claim only where the mapping names it, as a text or an array', () => {
    const mapping = { scopes: '/permissions' };
    expect(scopesOf({ permissions: 'a b', scope: 'c', scp: ['d'] }, mapping)).toEqual(['a', 'b']);
    expect(scopesOf({ permissions: ['a', 'b'] }, mapping)).toEqual(['a', 'b']);
    expect(scopesOf({ scope: 'c', scp: ['d'] }, mapping)).toEqual([]);
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

describe('a token', () => {
  const requires = [{ claim: '/token_use', op: 'equals', value: 'access' }] as const;

  it('must be what its issuer’s tokens must be', () => {
    expect(verifiedFrom({ sub: 'alice', token_use: 'access' }, { requires })).toMatchObject({ sub: 'alice' });
    expect(verifiedFrom({ sub: 'alice', token_use: 'id' }, { requires })).toBeUndefined();
    expect(verifiedFrom({ sub: 'alice' }, { requires })).toBeUndefined();
  });

  it('hands on the claims that are asked for, and those alone', () => {
    const claims = { sub: 'alice', token_use: 'access', org: { id: 'acme' }, secret: 'x' };
    expect(verifiedFrom(claims, { requires }, ['/org/id', '/sub', '/none'])?.claims).toEqual({
      '/org/id': 'acme',
      '/sub': 'alice',
    });
  });
});
