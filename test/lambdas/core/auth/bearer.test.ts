import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bearerChallenge, bearerToken, MAX_TOKEN_LENGTH } from '../../../../lambdas/core/auth/bearer.ts';

describe('bearerToken', () => {
  it.each(['Bearer abc.def-_~+/==', 'bearer abc.def-_~+/==', 'BEARER   abc.def-_~+/==', ' Bearer abc.def-_~+/== '])(
    'reads the token of %j',
    (authorization) => {
      expect(bearerToken(authorization)).toBe('abc.def-_~+/==');
    },
  );

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearerabc',
    'abc',
    'Basic abc',
    'Bearer a b',
    'Bearer a,Bearer b',
    'Bearer a=b',
    'Bearer =',
    'Bearer "abc"',
    'Bearer\tabc',
    'Bearer a\r\nx-user-id: root',
    'Bearer é',
    'NotBearer abc',
  ])('finds none in %j', (authorization) => {
    expect(bearerToken(authorization)).toBeUndefined();
  });

  it('gives nothing but characters that a token may hold, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (rest) => {
        expect(bearerToken(`Bearer ${rest}`) ?? 'a').toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
      }),
    );
  });

  it('reads a token of the greatest length and none that is longer', () => {
    expect(bearerToken(`Bearer ${'a'.repeat(MAX_TOKEN_LENGTH)}`)).toHaveLength(MAX_TOKEN_LENGTH);
    expect(bearerToken(`Bearer ${'a'.repeat(MAX_TOKEN_LENGTH + 1)}`)).toBeUndefined();
  });

  it.each(['=', 'a=', ' ', 'a '])('of 10 MB made of %j is found to be none at once', (part) => {
    const startedAtMs = performance.now();
    expect(bearerToken(`Bearer ${part.repeat(10_000_000 / part.length)}`)).toBeUndefined();
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });
});

describe('bearerChallenge', () => {
  it.each([
    [{ realm: 'api' }, 'Bearer realm="api"'],
    [{ error: 'invalid_token' }, 'Bearer error="invalid_token"'],
    [{ error: 'insufficient_scope', scope: 'a b' }, 'Bearer error="insufficient_scope", scope="a b"'],
  ])('of %o is %s', (parameters, challenge) => {
    expect(bearerChallenge(parameters)).toBe(challenge);
  });
});
