import type { ServicePolicy } from '../../contract/policy.ts';
import { hasDotSegment, readingsOf } from '../../core/http/path-readings.ts';
import { Problem } from '../../core/http/problem.ts';
import { routeSelector } from '../../core/http/route-match.ts';
import { pathBelow } from '../../core/http/upstream-path.ts';
import { type Stage, stage } from '../stage.ts';

/** Chooses the policies of the request. A path that could climb out of its prefix is counted, then refused. */
export function routing(policy: ServicePolicy): Stage<'responseHeaders', 'route' | 'pathProblem'> {
  const select = routeSelector(policy);
  return stage({
    needs: ['responseHeaders'],
    gives: ['route', 'pathProblem'],
    before: ({ event }) => {
      const readings = readingsOf(pathBelow(policy.prefix, event.rawPath) ?? event.rawPath);
      return {
        route: select(event.routeKey, event.requestContext.http.method, readings ?? []),
        pathProblem: problemOf(readings),
      };
    },
  });
}

function problemOf(readings: readonly string[] | undefined): Problem | null {
  if (readings === undefined) return new Problem('bad_request', 'the path can be read in too many ways');
  return readings.some(hasDotSegment) ? new Problem('bad_request', 'the path holds a dot segment') : null;
}
