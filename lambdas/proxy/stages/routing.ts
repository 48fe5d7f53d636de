import type { ServicePolicy } from '../../contract/policy.ts';
import { hasDotSegment, readingsOf } from '../../core/http/path-readings.ts';
import { Problem } from '../../core/http/problem.ts';
import { routeSelector } from '../../core/http/route-match.ts';
import { pathBelow } from '../../core/http/upstream-path.ts';
import { type Stage, stage } from '../stage.ts';

/** Chooses the policies that hold for the request. A path that could climb out of its prefix is counted, then refused. */
export function routing(policy: ServicePolicy): Stage<'responseHeaders', 'route'> {
  const select = routeSelector(policy);
  return stage({
    needs: ['responseHeaders'],
    gives: ['route'],
    before: ({ event }, exchange) => {
      const readings = readingsOf(pathBelow(policy.prefix, event.rawPath) ?? event.rawPath);
      exchange.route = select(event.routeKey, event.requestContext.http.method, readings ?? []);
      const detail = refusalOf(readings);
      if (detail !== undefined) exchange.refusal = new Problem('bad_request', detail);
    },
  });
}

function refusalOf(readings: readonly string[] | undefined): string | undefined {
  if (readings === undefined) return 'the path can be read in too many ways';
  return readings.some(hasDotSegment) ? 'the path holds a dot segment' : undefined;
}
