import { inheritedLimits } from '../../contract/limits/inherited-limits.ts';
import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';

/** A limit and where it is put: '' for the gateway, `payments`, or `payments POST /api/payments/refunds`. */
export interface ScopedLimit {
  readonly policy: LimitPolicy;
  readonly scope: string;
}

/**
 * All limits that a request must pass: those of its route first, then those of its service that apply, then the gateway's.
 * A request that may be of several routes, since readers of its path may differ, must pass the limits of each.
 */
export function limitsOf(service: ServicePolicy, ...routeKeys: readonly string[]): readonly ScopedLimit[] {
  const routes = routeKeys.map((key) => ({ key, own: ownLimits(service, key) }));
  const inherited = new Set(routes.flatMap(({ own }) => inheritedLimits(service.default.limits ?? [], own)));
  return [
    ...routes.flatMap(({ key, own }) => scoped(`${service.service} ${key}`, own ?? [])),
    ...scoped(service.service, [...inherited]),
    ...scoped('', service.gatewayLimits),
  ];
}

function ownLimits({ routes }: ServicePolicy, key: string): readonly LimitPolicy[] | null {
  return (Object.hasOwn(routes, key) ? routes[key]?.limits : null) ?? null;
}

function scoped(scope: string, limits: readonly LimitPolicy[]): readonly ScopedLimit[] {
  return limits.map((policy) => ({ policy, scope }));
}

/**
 * The widest thing that any limit of the service spans. All keys of one request share a hash tag, which comes from this.
 * So clients spread over a cluster where each is counted by itself, and limits that count several clients together have
 * their keys in one place. See docs/decisions/0012.
 */
export type Anchor = 'gateway' | 'service' | 'client';

export function anchorOf(service: ServicePolicy): Anchor {
  if (service.gatewayLimits.length > 0) return 'gateway';
  const own = [service.default, ...Object.values(service.routes)].flatMap((route) => route.limits ?? []);
  return own.every((limit) => limit.by === 'client') ? 'client' : 'service';
}
