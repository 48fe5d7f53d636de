import type { LimitPolicy, RoutePolicy, ServicePolicy } from '../contract/policy.ts';

/** A limit and where it stands: '' for the gateway, `payments`, or `payments POST /api/payments/refunds`. */
export interface ScopedLimit {
  readonly policy: LimitPolicy;
  readonly scope: string;
}

/** All that a request of this route must pass: the route's own first, then what holds of its service, then the gateway's. */
export function limitsOf(service: ServicePolicy, routeKey: string, route: RoutePolicy): readonly ScopedLimit[] {
  const special = Object.hasOwn(service.routes, routeKey) ? (route.limits ?? []) : [];
  const general = (service.default.limits ?? []).filter((limit) => !special.some((own) => replaces(own, limit)));
  const none = Object.hasOwn(service.routes, routeKey) && route.limits?.length === 0;
  return [
    ...scoped(`${service.service} ${routeKey}`, special),
    ...scoped(service.service, none ? [] : general),
    ...scoped('', service.gatewayLimits),
  ];
}

/** Limits of the same subject and of the same nature. Totals add up: everybody on a route is not everybody. */
function replaces(own: LimitPolicy, limit: LimitPolicy): boolean {
  if (own.by === 'total' || own.by !== limit.by) return false;
  return (own.kind === 'concurrency') === (limit.kind === 'concurrency');
}

function scoped(scope: string, limits: readonly LimitPolicy[]): readonly ScopedLimit[] {
  return limits.map((policy) => ({ policy, scope }));
}

/**
 * The widest thing that any limit of the service spans. All keys of one request share a hash tag, and the tag is drawn
 * from this: so clients spread over a cluster where only their own requests are counted, and whatever counts several of
 * them together stands in one place. See docs/decisions/0012.
 */
export type Anchor = 'gateway' | 'service' | 'client';

export function anchorOf(service: ServicePolicy): Anchor {
  if (service.gatewayLimits.length > 0) return 'gateway';
  const own = [service.default, ...Object.values(service.routes)].flatMap((route) => route.limits ?? []);
  return own.every((limit) => limit.by === 'client') ? 'client' : 'service';
}
