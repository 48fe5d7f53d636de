import type { ServicePolicy } from '../contract/policy.ts';
import { decodeVerdict, type Verdict } from '../contract/verdict.ts';
import { authorize } from '../core/authorization.ts';
import type { Counters } from '../core/counters.ts';
import type { Problem } from '../core/problem.ts';
import type { Exchange, ProxyEvent, Stage } from './exchange.ts';
import { limitProblem } from './limit-problem.ts';
import { badCredentialsRequest, ipSubject } from './limit-request.ts';

/**
 * Reads the authorizer's verdict and lets pass what the route's policies allow. Names the client that limits count. An
 * address that goes on presenting credentials which are refused is told to wait; good ones from there pass all the same.
 */
export function authentication({ badCredentials }: ServicePolicy, counters: Counters): Stage {
  async function refuse(problem: Problem, event: ProxyEvent, exchange: Exchange): Promise<never> {
    if (badCredentials === null || problem.code !== 'invalid_token') throw problem;
    const request = badCredentialsRequest(badCredentials, event.requestContext.http.sourceIp, exchange.requestId);
    exchange.cost = request.cost;
    exchange.ruling = await counters.decide(request);
    throw limitProblem(exchange.ruling, request.cost) ?? problem;
  }

  return {
    before: ({ event, context: { exchange } }) => {
      const verdict = verdictOf(event);
      if (verdict !== undefined) exchange.verdict = verdict;
      exchange.client = clientOf(verdict) || ipSubject(event.requestContext.http.sourceIp);
      const problem = exchange.route && authorize(exchange.route.auth, verdict);
      if (problem !== undefined) return refuse(problem, event, exchange);
    },
  };
}

/** Whose credential it is; '' where nobody knows. */
function clientOf(verdict: Verdict | undefined): string {
  return verdict === undefined || verdict.verdict === 'anonymous' ? '' : verdict.client;
}

/** A context that cannot be read is no verdict, and no verdict is a denial wherever one is needed. */
function verdictOf(event: ProxyEvent): Verdict | undefined {
  try {
    return decodeVerdict(event.requestContext.authorizer?.lambda);
  } catch {
    return undefined;
  }
}
