import { bearerOf, decodeVerdict, type Verdict } from '../../contract/auth/verdict.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { authorize } from '../../core/auth/authorization.ts';
import type { Problem } from '../../core/http/problem.ts';
import type { Limiter } from '../../core/limits/limiter.ts';
import type { Exchange, ProxyEvent } from '../exchange.ts';
import { type Stage, stage } from '../stage.ts';
import { limitProblem } from './limit-problem.ts';
import { badCredentialsRequest, ipSubject } from './limit-request.ts';

/**
 * Reads the authorizer's verdict and lets pass what the route's policies allow. Names the client that limits count. A
 * request without a good credential is refused here. A known client that lacks a right is refused later, after its limits
 * have counted the request. An address that sends bad credentials too often must wait; good ones from it still pass.
 */
export function authentication({ badCredentials }: ServicePolicy, limiter: Limiter): Stage<'route', 'client'> {
  async function refuse(problem: Problem, event: ProxyEvent, exchange: Exchange): Promise<void> {
    if (badCredentials === null || problem.code !== 'invalid_token' || isExpired(exchange.verdict)) throw problem;
    const request = badCredentialsRequest(badCredentials, event.requestContext.http.sourceIp, exchange.requestId);
    exchange.cost = request.cost;
    exchange.ruling = await limiter.decide(request);
    throw limitProblem(exchange.ruling, request.cost) ?? problem;
  }

  return stage({
    needs: ['route'],
    gives: ['client'],
    before: ({ event }, exchange) => {
      const verdict = verdictOf(event);
      if (verdict !== undefined) exchange.verdict = verdict;
      exchange.client = bearerOf(verdict)?.client ?? ipSubject(event.requestContext.http.sourceIp);
      const problem = authorize(exchange.route.auth, verdict);
      if (problem === undefined) return;
      if (problem.code !== 'insufficient_scope') return refuse(problem, event, exchange);
      exchange.refusal ??= problem;
    },
  });
}

/** A client with an expired token does not guess. It must learn from a 401 that it has to refresh the token. */
function isExpired(verdict: Verdict | undefined): boolean {
  return verdict?.verdict === 'rejected' && verdict.expired;
}

/** A context that cannot be read is no verdict, and no verdict is a denial wherever one is needed. */
function verdictOf(event: ProxyEvent): Verdict | undefined {
  try {
    return decodeVerdict(event.requestContext.authorizer?.lambda);
  } catch {
    return undefined;
  }
}
