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
});
