import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { decodeVerdict, encodeVerdict, type Verdict } from '../../../lambdas/contract/verdict.ts';
import { verifiedFrom } from '../../../lambdas/core/claims.ts';

const text = fc.string({ unit: 'grapheme' });
/** Claims as a token may hold them, well-meant or not. */
const claims = fc.record({
  sub: fc.string({ unit: 'grapheme', minLength: 1 }),
  email: fc.oneof(text, fc.constant(undefined)),
  roles: fc.oneof(fc.array(text), text),
  scope: fc.oneof(fc.stringMatching(/^[a-z: "\\é]{0,40}$/), fc.constant(undefined)),
  scp: fc.oneof(fc.array(fc.stringMatching(/^[a-z: "]{0,20}$/)), fc.constant(undefined)),
  plan: text,
  tenant: text,
  jti: text,
});

describe('a verdict', () => {
  it('is the same after API Gateway has handed it on, whatever the claims held', () => {
    fc.assert(
      fc.property(claims, (held) => {
        const verdict = verifiedFrom(held);
        if (verdict === undefined) throw new Error('these claims name a subject');
        const handedOn = JSON.parse(JSON.stringify(encodeVerdict(verdict)));
        expect(decodeVerdict(handedOn)).toEqual(verdict);
      }),
    );
  });

  it('that rejects is the same too', () => {
    const verdict: Verdict = { verdict: 'rejected', error: 'invalid_token', errorDescription: 'the token has expired' };
    expect(decodeVerdict(encodeVerdict(verdict))).toEqual(verdict);
  });

  it('is encoded in strings only, as API Gateway demands of a SIMPLE context', () => {
    fc.assert(
      fc.property(claims, (held) => {
        const verdict = verifiedFrom(held);
        expect(Object.values(verdict ? encodeVerdict(verdict) : {}).map((value) => typeof value)).not.toContain(
          'object',
        );
      }),
    );
  });
});

describe('decodeVerdict', () => {
  const whole = encodeVerdict({
    verdict: 'verified',
    client: 'sub:alice',
    sub: 'alice',
    email: '',
    roles: ['admin'],
    scopes: ['read'],
    plan: '',
    tenant: '',
    jti: '',
  });

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
        if (field === 'jti' && value === undefined) continue;
        expect(() => decodeVerdict({ ...whole, [field]: value })).toThrow(`authorizer.${field} must be`);
      }
    }
  });

  it('takes a verdict without a token id, as one may be cached from before there was one', () => {
    const { jti: _, ...older } = whole;
    expect(decodeVerdict(older)).toMatchObject({ verdict: 'verified', jti: '' });
  });

  it.each(['', 'admin', '{}', '"admin"', '[1]', '[["admin"]]', '[null]'])('refuses the roles %j', (roles) => {
    expect(() => decodeVerdict({ ...whole, roles })).toThrow(/^authorizer\.roles/);
  });

  it.each(['Verified', 'verified ', 'true', ''])('refuses the verdict %j', (verdict) => {
    expect(() => decodeVerdict({ ...whole, verdict })).toThrow('authorizer.verdict must be one of verified, rejected');
  });
});
