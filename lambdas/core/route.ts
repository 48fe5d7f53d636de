import type { RoutePolicy, ServicePolicy } from '../contract/policy.ts';
import { canonicalPath } from './path.ts';

/** A special route of a service, ready for matching. */
interface RouteMatcher {
  readonly key: string;
  readonly methods: readonly string[];
  readonly path: RegExp;
  readonly policy: RoutePolicy;
}

export interface SelectedRoute {
  /** `POST /api/payments/refunds`, or the service's default route key. */
  readonly key: string;
  readonly policy: RoutePolicy;
}

/**
 * Chooses the policy of a request. API Gateway's own choice (`routeKey`) counts when it names a special route;
 * otherwise the canonical path decides, because a path that API Gateway does not see as a special route may still be
 * one for the upstream's router (see `canonicalPath`).
 */
export function routeSelector(
  policy: ServicePolicy,
): (routeKey: string, method: string, path: string) => SelectedRoute {
  const matchers = Object.entries(policy.routes).map(([key, route]) => matcher(key, route));
  return (routeKey, method, path) => {
    const exact = Object.hasOwn(policy.routes, routeKey) ? policy.routes[routeKey] : undefined;
    if (exact !== undefined) return { key: routeKey, policy: exact };
    const found = matchers.length === 0 ? undefined : bestMatch(matchers, method, canonicalPath(path));
    return found ?? { key: routeKey, policy: policy.default };
  };
}

function matcher(key: string, policy: RoutePolicy): RouteMatcher {
  const [method = 'ANY', path = '/'] = key.split(' ');
  const pattern = canonicalPath(path)
    .split('/')
    .map((segment) => (/^\{.+\+\}$/.test(segment) ? '.+' : /^\{.+\}$/.test(segment) ? '[^/]+' : escapeRegExp(segment)))
    .join('/');
  // A router answers HEAD by its GET handler (RFC 9110 §9.3.2), so the policy of GET holds for HEAD too.
  return { key, methods: method === 'GET' ? ['GET', 'HEAD'] : [method], path: new RegExp(`^${pattern}$`), policy };
}

/** API Gateway's precedence among routes of one path: the method's own before `ANY`. */
function bestMatch(matchers: readonly RouteMatcher[], method: string, path: string): RouteMatcher | undefined {
  const matching = matchers.filter((candidate) => candidate.path.test(path));
  return (
    matching.find((candidate) => candidate.methods.includes(method)) ??
    matching.find((candidate) => candidate.methods.includes('ANY'))
  );
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
