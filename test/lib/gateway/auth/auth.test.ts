import { describe, expect, it } from 'vitest';
import { acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import { Claim } from '../../../../lib/gateway/auth/claim.ts';

const required = (...accepts: readonly ReturnType<typeof acceptance>[]) => ({ type: 'required', accepts });

describe('Auth', () => {
  it('asks for any valid token by default', () => {
    expect(Auth.jwt().policy).toEqual(required(acceptance('jwt')));
  });

  it('asks for all that is given, each once', () => {
    const owner = Claim.equals('owner', 'acme');
    const asked = {
      scopes: ['a', 'b', 'a'],
      anyScope: ['c', 'd', 'c'],
      roles: ['support', 'on call', 'support'],
      anyRole: ['admin', 'admin'],
      claims: [owner, Claim.equals('owner', 'acme')],
    };
    const once = {
      scopes: ['a', 'b'],
      anyScope: ['c', 'd'],
      roles: ['support', 'on call'],
      anyRole: ['admin'],
      claims: [owner.test],
    };
    expect(Auth.jwt(asked).policy).toEqual(required(acceptance('jwt', once)));
    expect(Auth.apiKey(asked).policy).toEqual(required(acceptance('apiKey', once)));
  });

  it('looks for API keys where JWTs are, unless they have a header of their own', () => {
    expect(Auth.apiKey().policy).toEqual(required(acceptance('apiKey')));
    expect(Auth.apiKey({ header: 'X-Api-Key' }).policy).toEqual(
      required(acceptance('apiKey', { header: 'x-api-key' })),
    );
  });

  it('lets in whom any of several lets in', () => {
    const admins = Auth.jwt({ roles: ['admin'] });
    expect(Auth.any(Auth.any(Auth.jwt({ scopes: ['a'] }), admins), Auth.apiKey()).policy).toEqual(
      required(acceptance('jwt', { scopes: ['a'] }), acceptance('jwt', { roles: ['admin'] }), acceptance('apiKey')),
    );
  });

  it('lets in who presents nothing where that is optional', () => {
    expect(Auth.optional(Auth.any(Auth.jwt(), Auth.apiKey())).policy).toEqual({
      type: 'optional',
      accepts: [acceptance('jwt'), acceptance('apiKey')],
    });
  });

  it('lets anybody in where that is written out', () => {
    expect(Auth.none().policy).toEqual({ type: 'none' });
  });

  it.each(['', 'orders:read orders:write', 'quo"ted', 'back\\slash', 'ünï'])('refuses the scope %j', (scope) => {
    const message = /a scope must be one word .* got .*: list scopes one by one/;
    expect(() => Auth.jwt({ scopes: [scope] })).toThrow(message);
    expect(() => Auth.apiKey({ anyScope: [scope] })).toThrow(message);
  });

  it.each(['', 'a'.repeat(257), 'line\nend', 'zero\u200bwidth'])('refuses the role %j', (role) => {
    const message = /a role must be 1 to 256 printable characters, got .*: write it as the roles claim/;
    expect(() => Auth.jwt({ roles: [role] })).toThrow(message);
    expect(() => Auth.jwt({ anyRole: ['admin', role] })).toThrow(message);
  });

  it.each(['scopes', 'anyScope', 'roles', 'anyRole', 'claims'])('refuses a list of no %s', (prop) => {
    expect(() => Auth.jwt({ [prop]: [] })).toThrow(
      `${prop} must name at least one, got []: leave it out to ask for none`,
    );
  });

  it.each([
    ['', 'a name of at most 64 letters, digits and inner hyphens'],
    ['x_api_key', 'a name of at most 64 letters, digits and inner hyphens'],
    ['x-api-key:', 'a name of at most 64 letters, digits and inner hyphens'],
    ['a'.repeat(65), 'a name of at most 64 letters, digits and inner hyphens'],
    ['Authorization', 'a name that nothing else goes by'],
    ['cookie', 'a name that nothing else goes by'],
    ['Host', 'a name that nothing else goes by'],
    ['content-type', 'a name that nothing else goes by'],
    ['x-forwarded-for', 'a name that nothing else goes by'],
    ['x-amzn-trace-id', 'a name that nothing else goes by'],
    ['X-Request-Id', 'a name that nothing else goes by'],
    ['X-User-Key', 'none that tells an upstream who calls'],
    ['x-client-id', 'none that tells an upstream who calls'],
  ])('refuses API keys in the header %j', (header, rule) => {
    expect(() => Auth.apiKey({ header })).toThrow(
      `header must be ${rule}, got ${JSON.stringify(header)}: write one like 'x-api-key', or leave it out for Authorization: Bearer`,
    );
  });

  it('refuses what is no choice among credentials', () => {
    expect(() => Auth.any()).toThrow('Auth.any() must be given at least one Auth, got none: write Auth.any(Auth.jwt()');
    expect(() => Auth.any(Auth.jwt(), Auth.none())).toThrow(
      'Auth.any() must be given what asks for a credential, got Auth.none(): write Auth.none() alone',
    );
    expect(() => Auth.any(Auth.optional(Auth.jwt()), Auth.apiKey())).toThrow(
      'Auth.any() must be given what asks for a credential, got Auth.optional(): write Auth.optional(Auth.any(',
    );
    expect(() => Auth.any(Auth.jwt({ scopes: ['a'] }), Auth.jwt({ scopes: ['a', 'a'] }))).toThrow(
      'Auth.any() must be given each Auth once, got Auth.jwt() twice with the same props: leave one out',
    );
    expect(() => Auth.any('jwt' as unknown as Auth)).toThrow(
      'what Auth.any() is given must be an Auth, got "jwt": write Auth.jwt() or Auth.apiKey()',
    );
    expect(() => Auth.any([Auth.jwt(), Auth.apiKey()] as unknown as Auth)).toThrow(
      ': leave the brackets out, as in Auth.any(Auth.jwt(), Auth.apiKey())',
    );
  });

  it('refuses to make optional what lets everybody in, and to do so twice', () => {
    expect(() => Auth.optional(undefined as unknown as Auth)).toThrow(
      'what Auth.optional() is given must be an Auth, got undefined: write Auth.jwt() or Auth.apiKey()',
    );
    expect(() => Auth.optional(Auth.none())).toThrow('got Auth.none(): write Auth.none() alone to let anybody in');
    expect(() => Auth.optional(Auth.optional(Auth.jwt()))).toThrow(
      'got Auth.optional(): write Auth.optional(Auth.any(',
    );
  });

  it('refuses API keys of one policy in two headers', () => {
    expect(() => Auth.any(Auth.apiKey({ header: 'x-api-key' }), Auth.apiKey({ scopes: ['a'] }))).toThrow(
      'the API keys of one policy must travel in one header, got x-api-key and authorization: give each Auth.apiKey() the same header',
    );
    expect(() =>
      Auth.any(Auth.apiKey({ header: 'x-api-key', scopes: ['a'] }), Auth.apiKey({ header: 'X-API-Key', roles: ['b'] })),
    ).not.toThrow();
  });

  it('refuses props that no compiler refused', () => {
    const jwt = (props: unknown) => () => Auth.jwt(props as Parameters<typeof Auth.jwt>[0]);
    expect(jwt({ scope: ['a'] })).toThrow(
      'props must be among scopes, anyScope, roles, anyRole, claims, got "scope": write scopes',
    );
    expect(jwt({ header: 'x-token' })).toThrow(
      'got "header": leave it out, since a JWT travels in Authorization; header is a prop of Auth.apiKey()',
    );
    expect(jwt({ audience: 'api' })).toThrow(/got "audience": leave it out$/);
    expect(jwt({ scopes: 'a' })).toThrow(
      'scopes must be an array of strings, got "a": write one like [\'orders:read\']',
    );
    expect(jwt({ claims: [{ claim: '/a', op: 'equals', value: 1 }] })).toThrow(
      'claims must be an array of Claims, got ',
    );
    expect(jwt(['a'])).toThrow(
      'props must be an object of scopes, anyScope, roles, anyRole, claims, got ["a"]: write { scopes: … }',
    );
    expect(() => Auth.apiKey({ header: 5 as unknown as string })).toThrow('header must be a string, got 5: ');
  });
});

describe('wrong usage does not compile', () => {
  it('is checked by tsc', () => {
    const usage = () => {
      // @ts-expect-error a JWT travels in Authorization alone
      Auth.jwt({ header: 'x-token' });
      // @ts-expect-error a test is a Claim
      Auth.jwt({ claims: [{ claim: '/a', op: 'equals', value: 1 }] });
      // @ts-expect-error props are no Auth
      Auth.optional({ scopes: ['a'] });
      // @ts-expect-error a value is no object
      Claim.equals('address', { country: 'DE' });
    };
    expect(usage).toBeTypeOf('function');
  });
});
