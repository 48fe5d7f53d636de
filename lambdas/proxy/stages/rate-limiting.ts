import { hash } from 'node:crypto';
import { bearerOf } from '../../contract/auth/verdict.ts';
import { takesLease } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import type { Problem } from '../../core/http/problem.ts';
import type { Limiter, LimitRequest } from '../../core/limits/limiter.ts';
import { rateLimitHeaders, tightest } from '../../core/limits/rate-limit-headers.ts';
import type { Counted, ExchangeWith } from '../exchange.ts';
import { type Stage, stage } from '../stage.ts';
import { limitProblem } from './limit-problem.ts';
import { badCredentialsRequest, limitRequests } from './limit-request.ts';

type Needs = 'atEnd' | 'responseHeaders' | 'requestId' | 'route' | 'pathProblem' | 'client' | 'verdict' | 'denial';
type Refusable = ExchangeWith<'counted' | 'pathProblem' | 'denial'>;

/**
 * Counts the request against all of its limits in one call and refuses one that is over a limit, or revoked. Requests that
 * an earlier stage refuses count as well, so that a client cannot go on trying what it may not do.
 */
export function rateLimiting(policy: ServicePolicy, limiter: Limiter, clock: () => number): Stage<Needs, 'counted'> {
  const requestOf = limitRequests(policy);

  function requestFor(exchange: ExchangeWith<Needs>, sourceIp: string): LimitRequest | undefined {
    const { requestId, route, client, verdict, denial } = exchange;
    if (denial?.countedFor === 'address' && policy.badCredentials !== null)
      return badCredentialsRequest(policy.badCredentials, sourceIp, requestId);
    return requestOf({ requestId, route, client, bearer: bearerOf(verdict ?? undefined), sourceIp });
  }

  function headersFor({ request, result }: Counted): Record<string, string> {
    const spoken = tightest(result.decisions);
    const decision = result.decisions[spoken];
    if (decision === undefined) return {};
    return rateLimitHeaders(decision, clock(), partitionOf(request.limits[spoken]?.subject ?? ''));
  }

  return stage({
    needs: ['route', 'client', 'atEnd', 'responseHeaders', 'requestId', 'pathProblem', 'verdict', 'denial'],
    gives: ['counted'],
    before: async ({ event }, exchange) => {
      const request = requestFor(exchange, event.requestContext.http.sourceIp);
      if (request === undefined) return { counted: null };
      const result = await limiter.decide(request);
      if (result.outcome === 'allowed' && takesLeases(request)) exchange.atEnd.push(() => limiter.release(request));
      const counted = { request, result };
      // A client that guesses credentials learns nothing about the limit of its address.
      if (policy.rateLimitHeaders && exchange.denial?.countedFor !== 'address')
        Object.assign(exchange.responseHeaders, headersFor(counted));
      return { counted };
    },
    refusal: refusalOf,
  });
}

/** A bad credential comes before a bad path: only a known client learns what is wrong with its path. */
function refusalOf({ counted, pathProblem, denial }: Refusable): Problem | undefined {
  const overLimit = counted && limitProblem(counted.result, counted.request.cost);
  const isBadCredential = denial?.countedFor === 'address';
  return overLimit ?? (isBadCredential ? denial.problem : (pathProblem ?? denial?.problem)) ?? undefined;
}

function takesLeases({ limits }: LimitRequest): boolean {
  return limits.some(({ policy }) => takesLease(policy));
}

/** The first six bytes of the SHA-256 of the subject: enough to compare two subjects, too little to name one. */
function partitionOf(subject: string): string {
  return subject === '' ? '' : hash('sha256', subject, 'base64').slice(0, 8);
}
