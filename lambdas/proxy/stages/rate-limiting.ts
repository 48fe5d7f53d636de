import { hash } from 'node:crypto';
import { bearerOf } from '../../contract/auth/verdict.ts';
import { takesLease } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import type { Limiter, LimitRequest, LimitResult } from '../../core/limits/limiter.ts';
import { rateLimitHeaders, tightest } from '../../core/limits/rate-limit-headers.ts';
import { type ExchangeWith, type ProxyRequest, type Stage, stage } from '../stage.ts';
import { limitProblem } from './limit-problem.ts';
import { limitRequests } from './limit-request.ts';

/**
 * Counts the request against all of its limits in one call and refuses what is over one of them, or revoked. What an
 * earlier stage refused counts as well, so that a client cannot go on trying what it may not do.
 */
export function rateLimiting(
  policy: ServicePolicy,
  limiter: Limiter,
  clock: () => number,
): Stage<'responseHeaders' | 'route' | 'client', 'ruling'> {
  const requestOf = limitRequests(policy);

  /**
   * No reply leaves before what it would freeze is done: the leases that the stage `leases` gives back, and what the
   * limiter have had under way while the upstream answered.
   */
  const done = ({ context: { exchange } }: ProxyRequest) => both(exchange?.leasesReturned, limiter.settled());

  async function count(request: LimitRequest, exchange: ExchangeWith<'responseHeaders'>): Promise<LimitResult> {
    const ruling = await limiter.decide(request);
    exchange.ruling = ruling;
    exchange.cost = request.cost;
    if (ruling.outcome === 'allowed' && request.limits.some(({ policy }) => takesLease(policy)))
      exchange.leased = request;
    const spoken = tightest(ruling.decisions);
    const decision = ruling.decisions[spoken];
    if (policy.rateLimitHeaders && decision !== undefined) {
      const partition = partitionOf(request.limits[spoken]?.subject ?? '');
      Object.assign(exchange.responseHeaders, rateLimitHeaders(decision, clock(), partition));
    }
    return ruling;
  }

  return stage({
    needs: ['responseHeaders', 'route', 'client'],
    gives: ['ruling'],
    before: async ({ event }, exchange) => {
      const { requestId, route, client } = exchange;
      const { sourceIp } = event.requestContext.http;
      const request = requestOf({ requestId, route, client, bearer: bearerOf(exchange.verdict), sourceIp });
      const problem = request && limitProblem(await count(request, exchange), request.cost);
      if (problem !== undefined) throw problem;
      if (exchange.refusal !== undefined) throw exchange.refusal;
      exchange.ruling ??= null;
    },
    after: done,
    onError: done,
  });
}

/** Nothing to wait for costs nothing: middy goes on at once. */
function both(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.then(() => other);
}

/** The first six bytes of the SHA-256 of the subject, so that it tells no more than whether two are the same. */
function partitionOf(subject: string): string {
  return subject === '' ? '' : hash('sha256', subject, 'base64').slice(0, 8);
}
