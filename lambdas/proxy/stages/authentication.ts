import { bearerOf, decodeVerdict, type Verdict } from '../../contract/auth/verdict.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { authorize } from '../../core/auth/authorization.ts';
import type { Problem } from '../../core/http/problem.ts';
import type { Denial, ProxyEvent } from '../exchange.ts';
import { type Stage, stage } from '../stage.ts';
import { ipSubject } from './limit-request.ts';

/**
 * Reads the authorizer's verdict, checks it against the route's policies and names the client that limits count. The next
 * stage first counts two kinds of refused requests: a known client that lacks a right, against its own limits; a bad
 * credential, against its address. Good credentials from that address still pass.
 */
export function authentication({ badCredentials }: ServicePolicy): Stage<'route', 'client' | 'verdict' | 'denial'> {
  function denialOf(problem: Problem, verdict: Verdict | undefined): Denial {
    if (problem.code === 'insufficient_scope') return { problem, countedFor: 'client' };
    const isGuess = badCredentials !== null && problem.code === 'invalid_token' && !isExpired(verdict);
    return { problem, countedFor: isGuess ? 'address' : null };
  }

  return stage({
    needs: ['route'],
    gives: ['client', 'verdict', 'denial'],
    before: ({ event }, { route }) => {
      const verdict = verdictOf(event);
      const problem = authorize(route.auth, verdict);
      return {
        client: bearerOf(verdict)?.client ?? ipSubject(event.requestContext.http.sourceIp),
        verdict: verdict ?? null,
        denial: problem === undefined ? null : denialOf(problem, verdict),
      };
    },
    refusal: ({ denial }) => (denial?.countedFor === null ? denial.problem : undefined),
  });
}

/** A client with an expired token does not guess. Its 401 must say that it has to refresh the token. */
function isExpired(verdict: Verdict | undefined): boolean {
  return verdict?.verdict === 'rejected' && verdict.expired;
}

/** A context that cannot be read is no verdict, and a route that needs one refuses the request. */
function verdictOf(event: ProxyEvent): Verdict | undefined {
  try {
    return decodeVerdict(event.requestContext.authorizer?.lambda);
  } catch {
    return undefined;
  }
}
