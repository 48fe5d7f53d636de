import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CREDENTIAL_KINDS } from '../../../../lambdas/contract/auth/auth-policy.ts';
import {
  decodeVerdict,
  encodeVerdict,
  type Rejected,
  type Verified,
} from '../../../../lambdas/contract/auth/verdict.ts';
import { DecodeError } from '../../../../lambdas/contract/decode.ts';
import { ALICE } from '../../../support/event.ts';

const NOBODY = { client: '', sub: '', plan: '', tenant: '', jti: '' };
const text = fc.string({ unit: 'grapheme' });
const scopes = fc.array(fc.stringMatching(/^[a-z:.-]{1,20}$/), { maxLength: 4 });
const scalar = fc.oneof(text, fc.integer(), fc.boolean());
const pointer = text.map((name) => `/${name}`);
const verified: fc.Arbitrary<Verified> = fc.record({
  verdict: fc.constant('verified' as const),
  kind: fc.constantFrom(...CREDENTIAL_KINDS),
  client: text,
  sub: text,
  email: text,
  roles: fc.array(text),
  scopes,
  plan: text,
  tenant: text,
  jti: text,
  issuer: text,
  claims: fc.dictionary(pointer, fc.oneof(scalar, fc.array(scalar)), { noNullPrototype: true }),
});
const rejected: fc.Arbitrary<Rejected> = fc
  .record({
    verdict: fc.constant('rejected' as const),
    error: fc.constantFrom('invalid_token' as const, 'insufficient_scope' as const),
    errorDescription: text,
    scopes,
    expired: fc.boolean(),
    client: text,
    sub: text,
    plan: text,
    tenant: text,
    jti: text,
  })
  // A credential of nobody has no subject, plan or id either.
  .map((verdict) => (verdict.client === '' ? { ...verdict, ...NOBODY } : verdict));

/** What the proxy function is handed: API Gateway passes strings on as they are. */
function handedOn(context: object): unknown {
  return JSON.parse(JSON.stringify(context));
}

describe('a verdict', () => {
  it('is the same after API Gateway has handed it on, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(verified, rejected, fc.constant({ verdict: 'anonymous' as const })), (verdict) => {
        const context = encodeVerdict(verdict);
        expect(decodeVerdict(handedOn(context))).toEqual(verdict);
        // API Gateway demands it of a SIMPLE context.
        for (const value of Object.values(context)) expect(typeof value).toBe('string');
      }),
    );
  });

  it('that rejects says nothing of whose credential it is and which scopes it lacks where it knows neither', () => {
    const nobody = { verdict: 'rejected', error: 'invalid_token', errorDescription: 'x' } as const;
    expect(encodeVerdict({ ...nobody, scopes: [], expired: false, ...NOBODY })).toEqual({
      verdict: 'rejected',
      error: 'invalid_token',
      error_description: 'x',
    });
  });
});

describe('a context from before', () => {
  it('there were API keys and claims is a token’s without any', () => {
    const { kind, issuer, claims, ...older } = encodeVerdict(ALICE);
    expect(decodeVerdict(older)).toEqual({ ...ALICE, kind: 'jwt', issuer: '', claims: {} });
    expect([kind, issuer, claims]).toEqual(['jwt', '', '{}']);
  });

  it('there were token ids has none', () => {
    const { jti: _, ...older } = encodeVerdict({ ...ALICE, jti: 'token-1' });
    expect(decodeVerdict(older)).toEqual(ALICE);
  });

  it('rejections told expiry apart, or knew a plan, has neither', () => {
    const older = { verdict: 'rejected', error: 'invalid_token', error_description: 'x', client: 'sub:a', sub: 'a' };
    expect(decodeVerdict(older)).toMatchObject({ ...NOBODY, expired: false, client: 'sub:a', sub: 'a' });
  });

  it('rejections named a client names none', () => {
    const older = { verdict: 'rejected', error: 'insufficient_scope', error_description: 'this route needs read' };
    expect(decodeVerdict(older)).toEqual({
      verdict: 'rejected',
      error: 'insufficient_scope',
      errorDescription: 'this route needs read',
      scopes: [],
      expired: false,
      ...NOBODY,
    });
  });
});

describe('decodeVerdict', () => {
  const whole = encodeVerdict({ ...ALICE, claims: { '/org': 'acme' } });
  const defaulted = ['kind', 'jti', 'issuer', 'claims'];

  it('gives for any JSON a DecodeError: whoever sends none of a verdict has none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (context) => {
        expect(() => decodeVerdict(context)).toThrow(DecodeError);
      }),
    );
  });

  it('refuses a verdict in which any field is missing or of another type', () => {
    for (const field of Object.keys(whole)) {
      for (const value of [undefined, null, 1, true, {}, ['x']]) {
        if (defaulted.includes(field) && value === undefined) continue;
        expect(() => decodeVerdict({ ...whole, [field]: value })).toThrow(`authorizer.${field} must be`);
      }
    }
  });

  it.each(['', 'admin', '{}', '"admin"', '[1]', '[["admin"]]', '[null]'])('refuses the roles %j', (roles) => {
    expect(() => decodeVerdict({ ...whole, roles })).toThrow(/^authorizer\.roles/);
  });

  it.each(['', 'x', '[]', '"x"', '{"/a":null}', '{"/a":{}}', '{"/a":[[]]}', '{"/a":[{}]}'])(
    'refuses the claims %j',
    (claims) => {
      expect(() => decodeVerdict({ ...whole, claims })).toThrow(/^authorizer\.claims/);
    },
  );

  it.each(['Verified', 'verified ', 'true', ''])('refuses the verdict %j', (verdict) => {
    expect(() => decodeVerdict({ ...whole, verdict })).toThrow('authorizer.verdict must be one of verified, rejected');
  });

  it.each(['JWT', 'basic', ''])('refuses a credential of the kind %j', (kind) => {
    expect(() => decodeVerdict({ ...whole, kind })).toThrow('authorizer.kind must be one of jwt, apiKey');
  });
});
