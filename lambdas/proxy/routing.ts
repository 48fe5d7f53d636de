import type { ServicePolicy } from '../contract/policy.ts';
import { pathBelow } from '../core/path.ts';
import { hasDotSegment, readingsOf } from '../core/path-readings.ts';
import { Problem } from '../core/problem.ts';
import { routeSelector } from '../core/route.ts';
import type { Stage } from './exchange.ts';

/** Chooses the policy that holds for the request; a path that could climb out of its prefix has none. */
export function routing(policy: ServicePolicy): Stage {
  const select = routeSelector(policy);
  return {
    before: ({ event, context }) => {
      const readings = readingsOf(pathBelow(policy.prefix, event.rawPath) ?? event.rawPath);
      if (readings === undefined) throw new Problem('bad_request', 'the path can be read in too many ways');
      if (readings.some(hasDotSegment)) throw new Problem('bad_request', 'the path holds a dot segment');
      context.exchange.route = select(event.routeKey, event.requestContext.http.method, readings);
    },
  };
}
