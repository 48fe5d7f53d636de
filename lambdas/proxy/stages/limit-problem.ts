import { invalidToken, rejectionProblem } from '../../core/auth/authorization.ts';
import { Problem, type QuotaProblem } from '../../core/http/problem.ts';
import type { Decision } from '../../core/limits/decision.ts';
import { kindOf } from '../../core/limits/kinds/kind-table.ts';
import type { LimitResult } from '../../core/limits/limiter.ts';
import { resetS, tightest } from '../../core/limits/rate-limit-headers.ts';

/** While Redis does not answer; the instance tries to reach it again all the time. */
const UNAVAILABLE_RETRY_S = 1;

const REVOKED = rejectionProblem(invalidToken('the credential has been revoked'));

/** The problem that answers a refused request; undefined: the request may pass. */
export function limitProblem({ outcome, decisions }: LimitResult, cost: number): Problem | undefined {
  switch (outcome) {
    case 'allowed':
      return undefined;
    case 'revoked':
      return REVOKED;
    case 'unavailable': {
      const detail = `the limits of this route cannot be checked; retry after ${UNAVAILABLE_RETRY_S} s`;
      const quota = { type: 'temporary-reduced-capacity', violatedPolicies: violated(decisions) } as const;
      return new Problem('limits_unavailable', detail, { 'retry-after': String(UNAVAILABLE_RETRY_S) }, quota);
    }
    case 'refused':
      return refusal(decisions[tightest(decisions)], violated(decisions), cost);
  }
}

function refusal(decision: Decision | undefined, violatedPolicies: readonly string[], cost: number): Problem {
  const seconds = resetS(decision ?? { resetMs: 0 });
  // An instance that counts alone allows only a share of the limit: the client may be within its quota.
  const type = decision?.counted === 'alone' ? 'temporary-reduced-capacity' : 'quota-exceeded';
  const quota: QuotaProblem = { type, violatedPolicies };
  const kind = decision && kindOf(decision.policy);
  const detail = `${kind ? kind.refused(decision, cost) : 'a limit is used up'}; retry after ${seconds} s`;
  return new Problem(kind?.problem ?? 'rate_limited', detail, { 'retry-after': String(seconds) }, quota);
}

function violated(decisions: readonly Decision[]): readonly string[] {
  const refusing = decisions.filter(({ allowed, policy }) => !allowed && !policy.shadow);
  // If a path matches two routes, limits of both can have the same name.
  return [...new Set(refusing.map(({ policy }) => policy.name))];
}
