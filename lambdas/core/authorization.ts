import type { AuthPolicy } from '../contract/policy.ts';
import type { Verdict } from '../contract/verdict.ts';
import { bearerChallenge } from './bearer.ts';
import { Problem } from './problem.ts';

/**
 * Decides whether a request may pass, from its route's policy and what the authorizer found out. Denies by default:
 * a route that needs a token and finds no verdict answers 401.
 *
 * @returns the problem to answer with (RFC 6750 §3.1), or undefined when the request may pass
 */
export function authorize(policy: AuthPolicy, verdict: Verdict | undefined): Problem | undefined {
  if (policy.type === 'none') return undefined;
  if (verdict === undefined) {
    return new Problem('unauthorized', 'this route needs a bearer token', { 'www-authenticate': bearerChallenge({}) });
  }
  if (verdict.verdict === 'rejected') {
    return new Problem(verdict.error, verdict.errorDescription, {
      'www-authenticate': bearerChallenge({ error: verdict.error, error_description: verdict.errorDescription }),
    });
  }
  const missing = policy.scopes.filter((scope) => !verdict.scopes.includes(scope));
  if (missing.length === 0) return undefined;
  return new Problem('insufficient_scope', `this route needs the scope ${policy.scopes.join(' ')}`, {
    'www-authenticate': bearerChallenge({
      error: 'insufficient_scope',
      error_description: 'the token lacks a scope that this route needs',
      scope: policy.scopes.join(' '),
    }),
  });
}
