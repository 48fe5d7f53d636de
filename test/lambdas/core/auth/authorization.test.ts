import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Acceptance,
  ANY_JWT,
  type AuthPolicy,
  acceptance,
} from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { Verdict } from '../../../../lambdas/contract/auth/verdict.ts';
import { authorize, invalidToken, rejectionOf } from '../../../../lambdas/core/auth/authorization.ts';
import { authPolicies } from '../../../support/auth/auth-policies.ts';
import { ALICE } from '../../../support/event.ts';

const EXPIRED = invalidToken('the token has expired');
const ANONYMOUS = { verdict: 'anonymous' } as const;
const KEY = { ...ALICE, kind: 'apiKey', client: 'key:4fzN9qXw2LbC', sub: '' } as const;
const NAMES = ['read', 'write', 'refund', 'admin'];
const PUBLIC: AuthPolicy = { type: 'none' };

function required(...accepts: Acceptance[]): AuthPolicy {
  return { type: 'required', accepts };
}

/** The code of the answer to a token that has to hold something. */
function codeOf(more: Partial<Acceptance>, held: Partial<typeof ALICE>): string | undefined {
  return authorize([required(acceptance('jwt', more))], { ...ALICE, ...held })?.code;
}

describe('a route without auth', () => {
  it.each([undefined, EXPIRED, ANONYMOUS, ALICE])('lets %o pass', (verdict) => {
    expect(authorize([PUBLIC], verdict)).toBeUndefined();
  });
});

describe('a route that needs a credential', () => {
  it.each([undefined, ANONYMOUS])(
    'denies a request with the verdict %o, by a challenge that names no error (RFC 6750 §3.1)',
    (verdict) => {
      const problem = authorize([ANY_JWT], verdict);
      expect(problem).toMatchObject({
        code: 'unauthorized',
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="api"' },
      });
    },
  );

  it('denies a rejected one and says why', () => {
    const problem = authorize([ANY_JWT], EXPIRED);
    expect(problem).toMatchObject({ code: 'invalid_token', status: 401 });
    expect(problem?.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="the token has expired"',
    );
  });

  it('hands on what the authorizer found lacking', () => {
    const problem = authorize([ANY_JWT], {
      ...invalidToken(''),
      error: 'insufficient_scope',
      errorDescription: 'this route needs the scope refund',
      scopes: ['refund'],
      client: 'sub:alice',
      sub: 'alice',
    });
    expect(problem).toMatchObject({ code: 'insufficient_scope', status: 403 });
    expect(problem?.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_scope", error_description="this route needs the scope refund", scope="refund"',
    );
  });
});

describe('an optional route', () => {
  const optional: AuthPolicy = { type: 'optional', accepts: [acceptance('jwt', { scopes: ['read'] })] };

  it('lets those pass of whom the authorizer says that they present nothing, and nobody of whom it says nothing', () => {
    expect(authorize([optional], ANONYMOUS)).toBeUndefined();
    expect(authorize([optional], undefined)).toMatchObject({ code: 'unauthorized', status: 401 });
  });

  it('refuses a bad credential, and a good one that lacks what it asks for', () => {
    expect(authorize([optional], EXPIRED)?.code).toBe('invalid_token');
    expect(authorize([optional], { ...ALICE, scopes: [] })?.code).toBe('insufficient_scope');
    expect(authorize([optional], ALICE)).toBeUndefined();
  });
});

describe('what a credential must hold', () => {
  it.each([
    ['scopes', 'scopes'],
    ['roles', 'roles'],
  ] as const)('all of the %s', (asked, held) => {
    fc.assert(
      fc.property(fc.subarray(NAMES), fc.subarray(NAMES), (needed, given) => {
        const hasAll = needed.every((name) => given.includes(name));
        expect(codeOf({ [asked]: needed }, { [held]: given })).toBe(hasAll ? undefined : 'insufficient_scope');
      }),
    );
  });

  it.each([
    ['anyScope', 'scopes'],
    ['anyRole', 'roles'],
  ] as const)('one at least, by %s', (asked, held) => {
    fc.assert(
      fc.property(fc.subarray(NAMES), fc.subarray(NAMES), (needed, given) => {
        const hasOne = needed.length === 0 || needed.some((name) => given.includes(name));
        expect(codeOf({ [asked]: needed }, { [held]: given })).toBe(hasOne ? undefined : 'insufficient_scope');
      }),
    );
  });

  it.each(['READ', 'rea', 'read ', 'reader', ''])('is not %j in place of read', (other) => {
    for (const asked of [{ scopes: ['read'] }, { anyScope: ['read'] }, { roles: ['read'] }, { anyRole: ['read'] }]) {
      expect(codeOf(asked, { scopes: [other], roles: [other] })).toBe('insufficient_scope');
    }
  });

  it('all of the claims', () => {
    const claims = [
      { claim: '/org', op: 'equals', value: 'acme' },
      { claim: '/groups', op: 'contains', value: 'staff' },
    ] as const;
    expect(codeOf({ claims }, { claims: { '/org': 'acme', '/groups': ['staff', 'x'] } })).toBeUndefined();
    expect(codeOf({ claims }, { claims: { '/org': 'acme', '/groups': ['x'] } })).toBe('insufficient_scope');
    expect(codeOf({ claims }, { claims: { '/groups': ['staff'] } })).toBe('insufficient_scope');
    expect(codeOf({ claims }, {})).toBe('insufficient_scope');
  });

  it.each<[string, Partial<Acceptance>, string, readonly string[]]>([
    ['all scopes', { scopes: ['read', 'refund'] }, 'this route needs the scope read refund', ['read', 'refund']],
    ['one of the scopes', { anyScope: ['a', 'b'] }, 'this route needs one of the scopes a b', ['a', 'b']],
    ['a role, without its name', { roles: ['secret-role'] }, 'this route needs a role that the credential', []],
    ['one role of several', { anyRole: ['secret-role'] }, 'this route needs a role that the credential', []],
    [
      'a claim, without its value',
      { claims: [{ claim: '/secret', op: 'equals', value: 'x' }] },
      'this route needs a claim that the credential',
      [],
    ],
  ])('is told when it lacks: %s', (_, more, description, scopes) => {
    const rejection = rejectionOf([acceptance('jwt', more)], ALICE);
    expect(rejection).toMatchObject({ error: 'insufficient_scope', scopes, client: 'sub:alice', sub: 'alice' });
    expect(rejection?.errorDescription).toContain(description);
    const challenge = authorize([required(acceptance('jwt', more))], ALICE)?.headers['www-authenticate'];
    expect(challenge?.includes('scope="')).toBe(scopes.length > 0);
    expect(challenge).not.toContain('secret');
  });
});

describe('of several kinds and alternatives', () => {
  const either = required(acceptance('jwt', { scopes: ['read'] }), acceptance('apiKey', { scopes: ['refund'] }));

  it('a credential must meet one of its own kind', () => {
    expect(authorize([either], ALICE)).toBeUndefined();
    expect(authorize([either], { ...KEY, scopes: ['refund'] })).toBeUndefined();
    expect(authorize([either], { ...KEY, scopes: ['read'] })?.headers['www-authenticate']).toContain('scope="refund"');
  });

  it('one that the route does not take is no valid credential there', () => {
    expect(authorize([ANY_JWT], KEY)).toMatchObject({ code: 'invalid_token', status: 401 });
    expect(authorize([required()], ALICE)?.code).toBe('invalid_token');
  });

  it('what the first one lacks is told where none is met', () => {
    const two = required(acceptance('jwt', { scopes: ['a'] }), acceptance('jwt', { roles: ['b'] }));
    expect(authorize([two], ALICE)?.headers['www-authenticate']).toContain('scope="a"');
    expect(authorize([two], { ...ALICE, roles: ['b'] })).toBeUndefined();
    expect(authorize([two], { ...ALICE, scopes: ['a'] })).toBeUndefined();
  });
});

describe('the policies of all routes that a path may mean', () => {
  const refund = required(acceptance('jwt', { scopes: ['refund'] }));

  it('must all let it pass', () => {
    expect(authorize([PUBLIC, refund], ALICE)?.code).toBe('insufficient_scope');
    expect(authorize([refund, PUBLIC], ALICE)?.code).toBe('insufficient_scope');
    expect(authorize([ANY_JWT, refund], { ...ALICE, scopes: ['refund'] })).toBeUndefined();
    expect(authorize([], undefined)).toBeUndefined();
  });

  it('let pass together exactly what each of them lets pass', () => {
    const verdicts = fc.constantFrom<Verdict | undefined>(undefined, ANONYMOUS, EXPIRED, ALICE, KEY);
    fc.assert(
      fc.property(fc.array(authPolicies, { maxLength: 3 }), verdicts, (policies, verdict) => {
        const each = policies.map((policy) => authorize([policy], verdict));
        expect(authorize(policies, verdict)).toEqual(each.find((problem) => problem !== undefined));
      }),
    );
  });

  it('answer 401 and 403 with a challenge of the bearer scheme, always', () => {
    const verdicts = fc.constantFrom<Verdict | undefined>(undefined, ANONYMOUS, EXPIRED, ALICE, KEY);
    fc.assert(
      fc.property(authPolicies, verdicts, (policy, verdict) => {
        const problem = authorize([policy], verdict);
        if (problem === undefined) return;
        expect(problem.status).toBeOneOf([401, 403]);
        expect(problem.headers['www-authenticate']).toMatch(/^Bearer \w+="/);
      }),
    );
  });
});
