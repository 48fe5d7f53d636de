import { hash } from 'node:crypto';
import type { ServicePolicy } from '../contract/policy.ts';
import { bearerChallenge } from '../core/bearer.ts';
import type { Counters, LimitRequest, Ruling } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import { Problem, type QuotaProblem } from '../core/problem.ts';
import { rateLimitHeaders, resetS, tightest } from '../core/rate-limit-headers.ts';
import type { Exchange, Stage } from './exchange.ts';
import { limitRequests } from './limit-request.ts';

/** For a store that cannot be asked; the environment looks for it all the time. */
const UNAVAILABLE_RETRY_S = 1;

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
      if (ruling.outcome === 'allowed' && takesLeases(request)) exchange.leased = request;
      const spoken = tightest(ruling.decisions);
      const decision = ruling.decisions[spoken];
      if (policy.rateLimitHeaders && decision !== undefined) {
        const partition = partitionOf(request.limits[spoken]?.subject ?? '');
        Object.assign(exchange.responseHeaders, rateLimitHeaders(decision, clock(), partition));
      }
      const problem = problemOf(ruling, decision, request.cost);
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

const REVOKED_DESCRIPTION = 'the credential has been revoked';
const REVOKED = new Problem('invalid_token', REVOKED_DESCRIPTION, {
  'www-authenticate': bearerChallenge({ error: 'invalid_token', error_description: REVOKED_DESCRIPTION }),
});

function problemOf({ outcome, decisions }: Ruling, tightest: Decision | undefined, cost: number): Problem | undefined {
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
      return refusal(tightest, violated(decisions), cost);
  }
}

function refusal(decision: Decision | undefined, violatedPolicies: readonly string[], cost: number): Problem {
  const seconds = resetS(decision ?? { resetMs: 0 });
  // An environment that counts alone lets pass a share only: the client may well be within its quota.
  const type = decision?.counted === 'alone' ? 'temporary-reduced-capacity' : 'quota-exceeded';
  const quota: QuotaProblem = { type, violatedPolicies };
  const code = decision?.policy.kind === 'concurrency' ? 'too_many_concurrent' : 'rate_limited';
  const detail = `${decision === undefined ? 'a limit is used up' : described(decision, cost)}; retry after ${seconds} s`;
  return new Problem(code, detail, { 'retry-after': String(seconds) }, quota);
}

function described({ policy, limit, remaining }: Decision, cost: number): string {
  if (policy.kind === 'concurrency') return `the limit ${policy.name} of ${limit} requests at once is reached`;
  const window = policy.kind === 'window' ? ` in ${policy.windowMs / 1000} s` : '';
  const size = `the limit ${policy.name} of ${limit}${window}`;
  return cost === 1 ? `${size} is used up` : `${size} has ${remaining} left, and this request counts for ${cost}`;
}

function violated(decisions: readonly Decision[]): readonly string[] {
  const refusing = decisions.filter(({ allowed, policy }) => !allowed && !policy.shadow);
  // Limits of two routes that a path may mean can have one name.
  return [...new Set(refusing.map(({ policy }) => policy.name))];
}
