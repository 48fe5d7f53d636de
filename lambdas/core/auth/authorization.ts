import type { Acceptance, AuthPolicy } from '../../contract/auth/auth-policy.ts';
import type { Bearer, Rejected, Verdict, Verified } from '../../contract/auth/verdict.ts';
import { Problem } from '../http/problem.ts';
import { bearerChallenge } from './bearer.ts';
import { holds } from './claim-values.ts';

/**
 * Decides whether a request may pass, from the policies of its route and what the authorizer found out. Denies by
 * default: a route that needs a credential and finds no verdict answers 401.
 *
 * @returns the problem to answer with (RFC 6750 §3.1), or undefined when the request may pass
 */
export function authorize(policies: readonly AuthPolicy[], verdict: Verdict | undefined): Problem | undefined {
  for (const policy of policies) {
    const problem = problemOf(policy, verdict);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(policy: AuthPolicy, verdict: Verdict | undefined): Problem | undefined {
  if (policy.type === 'none') return undefined;
  switch (verdict?.verdict) {
    case 'verified': {
      const rejection = rejectionOf(policy.accepts, verdict);
      return rejection && rejectionProblem(rejection);
    }
    case 'rejected':
      return rejectionProblem(verdict);
    case 'anonymous':
      return policy.type === 'optional' ? undefined : MISSING;
    default:
      return MISSING;
  }
}

/**
 * Why a verified credential may not do what the policy asks for; undefined when it may. Of several acceptances one has
 * to be met; what the first of the credential's kind lacks is told.
 */
export function rejectionOf(accepts: readonly Acceptance[], verified: Verified): Rejected | undefined {
  let first: Lack | undefined;
  for (const accepted of accepts) {
    if (accepted.kind !== verified.kind) continue;
    const lack = lackOf(accepted, verified);
    if (lack === undefined) return undefined;
    first ??= lack;
  }
  if (first === undefined) return OTHER_KIND;
  const { client, sub, plan, tenant, jti } = verified;
  return { verdict: 'rejected', error: 'insufficient_scope', ...first, expired: false, client, sub, plan, tenant, jti };
}

/** The rejection of an invalid credential. */
export function invalidToken(errorDescription: string): Rejected {
  return { verdict: 'rejected', error: 'invalid_token', errorDescription, scopes: [], expired: false, ...UNKNOWN };
}

const UNKNOWN: Bearer = { client: '', sub: '', plan: '', tenant: '', jti: '' };

export const OTHER_KIND = invalidToken('this route takes no credential of this kind');

type Lack = Pick<Rejected, 'errorDescription' | 'scopes'>;

function lackOf({ scopes, anyScope, roles, anyRole, claims }: Acceptance, verified: Verified): Lack | undefined {
  if (!scopes.every((scope) => verified.scopes.includes(scope))) {
    return { errorDescription: `this route needs the scope ${scopes.join(' ')}`, scopes };
  }
  if (!hasOne(anyScope, verified.scopes)) {
    return { errorDescription: `this route needs one of the scopes ${anyScope.join(' ')}`, scopes: anyScope };
  }
  if (!roles.every((role) => verified.roles.includes(role)) || !hasOne(anyRole, verified.roles)) return LACKS_ROLE;
  return claims.every((test) => holds(test, verified.claims)) ? undefined : LACKS_CLAIM;
}

const LACKS_ROLE: Lack = { errorDescription: 'this route needs a role that the credential does not have', scopes: [] };
const LACKS_CLAIM: Lack = {
  errorDescription: 'this route needs a claim that the credential does not have',
  scopes: [],
};

function hasOne(wanted: readonly string[], held: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((one) => held.includes(one));
}

/** A request without credentials gets no error code (RFC 6750 §3.1), but a challenge needs a parameter (§3). */
const MISSING = new Problem('unauthorized', 'this route needs a credential', {
  'www-authenticate': bearerChallenge({ realm: 'api' }),
});

/** The problem that answers a rejection (RFC 6750 §3). */
export function rejectionProblem({ error, errorDescription, scopes }: Rejected): Problem {
  return new Problem(error, errorDescription, {
    'www-authenticate': bearerChallenge({
      error,
      error_description: errorDescription,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    }),
  });
}
