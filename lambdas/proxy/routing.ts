import type { ServicePolicy } from '../contract/policy.ts';
import { hasDotSegment } from '../core/path.ts';
import { Problem } from '../core/problem.ts';
import { routeSelector } from '../core/route.ts';
import { type Stage, stage } from './stage.ts';

/** Chooses the policies that hold for the request. A path that could climb out of its prefix is counted, then refused. */
export function routing(policy: ServicePolicy): Stage<'responseHeaders', 'route'> {
  const select = routeSelector(policy);
  return stage({
    needs: ['responseHeaders'],
    gives: ['route'],
    before: ({ event }, exchange) => {
      exchange.route = select(event.routeKey, event.requestContext.http.method, event.rawPath);
      if (hasDotSegment(event.rawPath)) exchange.refusal = new Problem('bad_request', 'the path holds a dot segment');
    },
  });
}
