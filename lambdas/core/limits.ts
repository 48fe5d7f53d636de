import { inheritedLimits } from '../contract/inherited-limits.ts';
import type { LimitPolicy, RoutePolicy, ServicePolicy } from '../contract/policy.ts';

/** A limit and where it stands: '' for the gateway, `payments`, or `payments POST /api/payments/refunds`. */
export interface ScopedLimit {
  readonly policy: LimitPolicy;
  readonly scope: string;
}

/** All that a request of this route must pass: the route's own first, then what holds of its service, then the gateway's. */
export function limitsOf(service: ServicePolicy, routeKey: string, route: RoutePolicy): readonly ScopedLimit[] {
  const own = Object.hasOwn(service.routes, routeKey) ? route.limits : null;
  return [
    ...scoped(`${service.service} ${routeKey}`, own ?? []),
    ...scoped(service.service, inheritedLimits(service.default.limits ?? [], own)),
    ...scoped('', service.gatewayLimits),
  ];
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
