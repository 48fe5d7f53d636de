import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuthPolicy } from '../../../lambdas/contract/policy.ts';
import { authorize } from '../../../lambdas/core/authorization.ts';
import { ALICE } from '../../support/event.ts';

const REJECTED = { verdict: 'rejected', error: 'invalid_token', errorDescription: 'the token has expired' } as const;
const SCOPES = ['read', 'write', 'refund', 'admin'];

function jwt(...scopes: string[]): AuthPolicy {
  return { type: 'jwt', scopes };
}

describe('a route without auth', () => {
  it.each([undefined, REJECTED, ALICE])('lets %o pass', (verdict) => {
    expect(authorize({ type: 'none' }, verdict)).toBeUndefined();
  });
});

describe('a route that needs a token', () => {
  it('denies a request without a verdict, with a challenge that names no error (RFC 6750 §3.1)', () => {
    const problem = authorize(jwt(), undefined);
    expect(problem).toMatchObject({ code: 'unauthorized', status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  it('denies a rejected token and says why', () => {
    const problem = authorize(jwt(), REJECTED);
    expect(problem).toMatchObject({ code: 'invalid_token', status: 401 });
    expect(problem?.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="the token has expired"',
    );
  });

  it('lets a verified client pass when it has all scopes, and only then', () => {
    fc.assert(
      fc.property(fc.subarray(SCOPES), fc.subarray(SCOPES), (needed, held) => {
        const problem = authorize(jwt(...needed), { ...ALICE, scopes: held });
        const hasAll = needed.every((scope) => held.includes(scope));
        expect(problem?.code).toBe(hasAll ? undefined : 'insufficient_scope');
      }),
    );
  });

  it('tells a client that lacks a scope which ones it needs', () => {
    const problem = authorize(jwt('read', 'refund'), ALICE);
    expect(problem).toMatchObject({ status: 403 });
    expect(problem?.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect(problem?.headers['www-authenticate']).toContain('scope="read refund"');
  });

  it.each(['READ', 'rea', 'read ', 'reader'])('does not take %j for the scope read', (scope) => {
    expect(authorize(jwt('read'), { ...ALICE, scopes: [scope] })?.code).toBe('insufficient_scope');
  });
});
