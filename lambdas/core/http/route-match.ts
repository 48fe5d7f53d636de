import type { AuthPolicy } from '../../contract/auth/auth-policy.ts';
import type { RoutePolicy, ServicePolicy } from '../../contract/policy.ts';
import { foldCase, withoutExtension } from './path-readings.ts';
import { pathBelow } from './upstream-path.ts';

/** A plain path has one reading, and two with a slash at its end. Odd spellings have more. */
const PLAIN_READINGS = 2;

/** A special route of a service, ready for matching. */
interface RouteMatcher {
  readonly key: string;
  readonly method: string;
  /** Matches a reading of the path below the service's prefix. */
  readonly path: RegExp;
  /** Matches a reading in folded case. */
  readonly foldedPath: RegExp;
  /** Whether the route has its extension in its own path: `/openapi.json`. */
  readonly hasExtension: boolean;
  /** Smaller is tried first; see `rank`. */
  readonly rank: string;
  readonly policy: RoutePolicy;
}

export interface SelectedRoute {
  /**
   * Routes whose limits the request must pass: `POST /api/payments/refunds`, or the service's default route key. First the
   * special routes that the upstream may see, then the one that API Gateway chose.
   */
  readonly keys: readonly [string, ...string[]];
  /** The request must meet all of them. */
  readonly auth: readonly AuthPolicy[];
  /** Units that the request counts for. */
  readonly cost: number;
}

/**
 * Chooses the policies of a request by all readings of its path below the prefix. The route that API Gateway chose
 * (`routeKey`) always counts. If a reading names another special route, that route's policy counts as well, because the
 * upstream's router may see that route. So another spelling never escapes a policy, and never gets a laxer one.
 */
export function routeSelector(
  policy: ServicePolicy,
): (routeKey: string, method: string, readings: readonly string[]) => SelectedRoute {
  const matchers = Object.entries(policy.routes)
    .flatMap(([key, route]) => matchersOf(key, route, policy.prefix))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const cased = matchers.some(({ path, foldedPath }) => path.source !== foldedPath.source);
  return (routeKey, method, readings) => {
    const chosen = (Object.hasOwn(policy.routes, routeKey) ? policy.routes[routeKey] : undefined) ?? policy.default;
    const selected: SelectedRoute = { keys: [routeKey], auth: [chosen.auth], cost: chosen.cost };
    if (matchers.length === 0) return selected;
    const mine = matchers.filter((matcher) => matcher.method === method || matcher.method === 'ANY');
    const matching = readings.length > PLAIN_READINGS ? allOf : firstOf(cased);
    const named = new Set(readings.flatMap((reading) => namedBy(reading, mine, matching)));
    return mine.filter((matcher) => matcher.key !== routeKey && named.has(matcher)).reduce(bothOf, selected);
  };
}

function bothOf({ keys, auth, cost }: SelectedRoute, { key, policy }: RouteMatcher): SelectedRoute {
  return { keys: [key, ...keys], auth: [...auth, policy.auth], cost: Math.max(cost, policy.cost) };
}

/** Filters routes, in the order of their rank, by a reading. */
type Matching = (reading: string, matchers: readonly RouteMatcher[]) => readonly RouteMatcher[];

/** The routes that a reading names, with and without its extension. */
function namedBy(reading: string, matchers: readonly RouteMatcher[], matching: Matching): readonly RouteMatcher[] {
  const named = matching(reading, matchers);
  // A route at `/openapi.json` has its own policy: the policies of `/openapi` and `/{id}` do not apply as well.
  if (named.length === 1 && named[0]?.hasExtension && named[0].path.test(reading)) return named;
  return [...named, ...withoutExtension(reading).flatMap((shorter) => matching(shorter, matchers))];
}

/** The first route that matches the reading with its case, and the first that matches it without. */
function firstOf(cased: boolean): Matching {
  return (reading, matchers) => {
    const folded = foldCase(reading);
    const loose = matchers.find(({ foldedPath }) => foldedPath.test(folded));
    if (loose === undefined) return [];
    if (!cased && folded === reading) return [loose];
    const exact = matchers.find(({ path }) => path.test(reading));
    return exact === undefined || exact === loose ? [loose] : [exact, loose];
  };
}

/**
 * Every route that matches. A router may take some steps of a reading and not others: one reading of `/admin%20/+users` is
 * `/admin/users`, but IIS reads `/admin/+users`, which matches another route.
 */
function allOf(reading: string, matchers: readonly RouteMatcher[]): readonly RouteMatcher[] {
  const folded = foldCase(reading);
  return matchers.filter(({ foldedPath }) => foldedPath.test(folded));
}

function matchersOf(key: string, policy: RoutePolicy, prefix: string): readonly RouteMatcher[] {
  const [method = 'ANY', path = '/'] = key.split(' ');
  const segments = (pathBelow(prefix, path) ?? path).split('/');
  const last = segments.at(-1) ?? '';
  const route = {
    key,
    path: patternOf(segments),
    foldedPath: patternOf(segments.map((segment) => (isParameter(segment) ? segment : foldCase(segment)))),
    hasExtension: last.includes('.') && !isParameter(last),
    policy,
  };
  if (method === 'ANY') return [{ ...route, method, rank: rank(segments, '2') }];
  const own = { ...route, method, rank: rank(segments, '0') };
  // A router answers HEAD by its GET handler (RFC 9110 §9.3.2), so the policy of GET applies to HEAD too.
  return method === 'GET' ? [own, { ...route, method: 'HEAD', rank: rank(segments, '1') }] : [own];
}

/** API Gateway's precedence: full matches before greedy ones, segment by segment the literal first, then the method. */
function rank(segments: readonly string[], method: string): string {
  const kinds = segments.map((segment) => (isGreedy(segment) ? '2' : isParameter(segment) ? '1' : '0')).join('');
  return `${kinds.endsWith('2') ? '1' : '0'}${kinds}${method}`;
}

/** A parameter matches every character of a segment, a line break too. */
function patternOf(segments: readonly string[]): RegExp {
  return new RegExp(`^${segments.map(segmentPattern).join('/')}$`, 's');
}

function segmentPattern(segment: string): string {
  if (isGreedy(segment)) return '.+';
  return isParameter(segment) ? '[^/]+' : escapeRegExp(segment);
}

function isGreedy(segment: string): boolean {
  return /^\{.+\+\}$/.test(segment);
}

function isParameter(segment: string): boolean {
  return /^\{.+\}$/.test(segment);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
