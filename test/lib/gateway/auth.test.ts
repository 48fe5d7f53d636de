import { describe, expect, it } from 'vitest';
import { Auth } from '../../../lib/gateway/auth.ts';

describe('Auth', () => {
  it('asks for any valid token by default', () => {
    expect(Auth.jwt().policy).toEqual({ type: 'jwt', scopes: [] });
  });

  it('names each scope once', () => {
    expect(Auth.jwt({ scopes: ['a', 'b', 'a'] }).policy).toEqual({ type: 'jwt', scopes: ['a', 'b'] });
  });

  it('lets anybody in where that is written out', () => {
    expect(Auth.none().policy).toEqual({ type: 'none' });
  });

  it.each(['', 'orders:read orders:write', 'quo"ted', 'back\\slash', 'ünï'])('refuses the scope %j', (scope) => {
    expect(() => Auth.jwt({ scopes: [scope] })).toThrow(/a scope must be one word .* got .*: list scopes one by one/);
  });

  it('refuses props that no compiler refused', () => {
    const jwt = (props: unknown) => () => Auth.jwt(props as Parameters<typeof Auth.jwt>[0]);
    expect(jwt({ scope: ['a'] })).toThrow('props must be among scopes, got "scope": write scopes');
    expect(jwt({ scopes: 'a' })).toThrow(
      'scopes must be an array of strings, got "a": write one like [\'orders:read\']',
    );
    expect(jwt(['a'])).toThrow('props must be an object of scopes, got ["a"]: write { scopes: … }');
  });
});
