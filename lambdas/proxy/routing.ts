import type { ServicePolicy } from '../contract/policy.ts';
import { hasDotSegment } from '../core/path.ts';
import { Problem } from '../core/problem.ts';
import { routeSelector } from '../core/route.ts';
import type { Stage } from './exchange.ts';

/** Chooses the policy that holds for the request; a path that could climb out of its prefix has none. */
export function routing(policy: ServicePolicy): Stage {
  const select = routeSelector(policy);
  return {
    before: ({ event, context }) => {
      if (hasDotSegment(event.rawPath)) throw new Problem('bad_request', 'the path holds a dot segment');
      context.exchange.route = select(event.routeKey, event.requestContext.http.method, event.rawPath);
    },
  };
}
