import type { AuthPolicy } from '../contract/auth-policy.ts';
import type { RoutePolicy, ServicePolicy } from '../contract/policy.ts';
import { canonicalPath, canonicalReadings } from './path.ts';

/** A special route of a service, ready for matching. */
interface RouteMatcher {
  readonly key: string;
  readonly method: string;
  readonly path: RegExp;
  /** Smaller is tried first; see `rank`. */
  readonly rank: string;
  readonly policy: RoutePolicy;
}

export interface SelectedRoute {
  /**
   * Whose limits the request must pass, `POST /api/payments/refunds` or the service's default route key: of several, the
   * special routes first that the upstream may see, then the one that API Gateway chose.
   */
  readonly keys: readonly [string, ...string[]];
  /** All of them hold. */
  readonly auth: readonly AuthPolicy[];
  /** Units that the request counts for. */
  readonly cost: number;
}

/**
 * Chooses the policy of a request. What API Gateway chose (`routeKey`) always counts. Where the canonical path names
 * another special route, that route's policy counts as well, because the upstream's router may see that route (see
 * `canonicalPath`): so another spelling never escapes a policy, nor gains the freedom of a laxer one.
 */
export function routeSelector(
  policy: ServicePolicy,
): (routeKey: string, method: string, path: string) => SelectedRoute {
  const matchers = Object.entries(policy.routes)
    .flatMap(([key, route]) => matchersOf(key, route))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return (routeKey, method, path) => {
    const chosen = (Object.hasOwn(policy.routes, routeKey) ? policy.routes[routeKey] : undefined) ?? policy.default;
    const found =
      matchers.length === 0 ? [] : canonicalReadings(path).map((read) => firstMatch(matchers, method, read));
    const others = found.filter((other, index) => other?.key !== routeKey && found.indexOf(other) === index);
    return others.reduce<SelectedRoute>(
      (selected, other) => (other === undefined ? selected : bothOf(other, selected)),
      { keys: [routeKey], auth: [chosen.auth], cost: chosen.cost },
    );
  };
}

function bothOf({ key, policy }: RouteMatcher, { keys, auth, cost }: SelectedRoute): SelectedRoute {
  return { keys: [key, ...keys], auth: [...auth, policy.auth], cost: Math.max(cost, policy.cost) };
}

function matchersOf(key: string, policy: RoutePolicy): readonly RouteMatcher[] {
  const [method = 'ANY', path = '/'] = key.split(' ');
  const segments = canonicalPath(path).split('/');
  // A parameter holds whatever a segment may hold, a line break too.
  const route = { key, path: new RegExp(`^${segments.map(segmentPattern).join('/')}$`, 's'), policy };
  if (method === 'ANY') return [{ ...route, method, rank: rank(segments, '2') }];
  const own = { ...route, method, rank: rank(segments, '0') };
  // A router answers HEAD by its GET handler (RFC 9110 §9.3.2), so the policy of GET holds for HEAD too.
  return method === 'GET' ? [own, { ...route, method: 'HEAD', rank: rank(segments, '1') }] : [own];
}

function firstMatch(matchers: readonly RouteMatcher[], method: string, path: string): RouteMatcher | undefined {
  return matchers.find((matcher) => (matcher.method === method || matcher.method === 'ANY') && matcher.path.test(path));
}

/** API Gateway's precedence: full matches before greedy ones, segment by segment the literal first, then the method. */
function rank(segments: readonly string[], method: string): string {
  const kinds = segments.map((segment) => (isGreedy(segment) ? '2' : isParameter(segment) ? '1' : '0')).join('');
  return `${kinds.endsWith('2') ? '1' : '0'}${kinds}${method}`;
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
