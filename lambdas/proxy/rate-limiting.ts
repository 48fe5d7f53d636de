import { hash } from 'node:crypto';
import type { ServicePolicy } from '../contract/policy.ts';
import type { Counters, LimitRequest } from '../core/counters.ts';
import { rateLimitHeaders, tightest } from '../core/rate-limit-headers.ts';
import type { Exchange, Stage } from './exchange.ts';
import { limitProblem } from './limit-problem.ts';
import { limitRequests } from './limit-request.ts';

/** Counts the request against all of its limits in one call and refuses what is over one of them, or revoked. */
export function rateLimiting(policy: ServicePolicy, counters: Counters, clock: () => number): Stage {
  const requestOf = limitRequests(policy);

  /**
   * No reply leaves before what it would freeze is done: the leases that the stage `leases` gives back, and what the
   * counters have had under way while the upstream answered.
   */
  const done = ({ context: { exchange } }: { context: { exchange: Exchange } }) =>
    both(exchange.leasesReturned, counters.settled());

  return {
    before: async ({ event, context: { exchange } }) => {
      const { route, client = '', verdict, requestId } = exchange;
      if (route === undefined) return;
      const verified = verdict?.verdict === 'verified' ? verdict : undefined;
      const { sourceIp } = event.requestContext.http;
      const request = requestOf({ requestId, route, client, verified, sourceIp });
      if (request === undefined) return;
      const ruling = await counters.decide(request);
      exchange.ruling = ruling;
      exchange.cost = request.cost;
      if (ruling.outcome === 'allowed' && takesLeases(request)) exchange.leased = request;
      const spoken = tightest(ruling.decisions);
      const decision = ruling.decisions[spoken];
      if (policy.rateLimitHeaders && decision !== undefined) {
        const partition = partitionOf(request.limits[spoken]?.subject ?? '');
        Object.assign(exchange.responseHeaders, rateLimitHeaders(decision, clock(), partition));
      }
      const problem = limitProblem(ruling, request.cost);
      if (problem !== undefined) throw problem;
    },
    after: done,
    onError: done,
  };
}

/** Nothing to wait for costs nothing: middy goes on at once. */
function both(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.then(() => other);
}

function takesLeases({ limits }: LimitRequest): boolean {
  return limits.some(({ policy }) => policy.kind === 'concurrency');
}

/** The first six bytes of the SHA-256 of the subject, so that it tells no more than whether two are the same. */
function partitionOf(subject: string): string {
  return subject === '' ? '' : hash('sha256', subject, 'base64').slice(0, 8);
}
