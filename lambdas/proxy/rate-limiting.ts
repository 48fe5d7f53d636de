import type { ServicePolicy } from '../contract/policy.ts';
import type { Counters } from '../core/counters.ts';
import { rateLimitHeaders, resetS } from '../core/decision.ts';
import { Problem } from '../core/problem.ts';
import type { Exchange, Stage } from './exchange.ts';

/** Counts the request against its route's limit and refuses what is over it. */
export function rateLimiting(policy: ServicePolicy, counters: Counters, clock: () => number): Stage {
  return {
    before: async ({ context: { exchange } }) => {
      const limit = exchange.route?.policy.rateLimit ?? null;
      if (limit === null) return;
      const decision = await counters.decide(subjectOf(policy, exchange), limit);
      exchange.decision = decision;
      Object.assign(exchange.responseHeaders, rateLimitHeaders(decision, limit, clock()));
      if (decision.allowed) return;
      const seconds = resetS(decision);
      throw new Problem('rate_limited', `the limit of ${limit.limit} requests is used up; retry after ${seconds} s`, {
        'retry-after': String(seconds),
      });
    },
  };
}

/** A special route counts on its own; all default routes of a service count together. */
function subjectOf({ gateway, service, routes }: ServicePolicy, { route, client = '' }: Exchange): string {
  const counted = route !== undefined && Object.hasOwn(routes, route.key) ? route.key : '';
  return JSON.stringify([gateway, service, counted, client]);
}
