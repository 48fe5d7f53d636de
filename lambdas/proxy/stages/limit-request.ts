import type { Bearer } from '../../contract/auth/verdict.ts';
import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import type { SelectedRoute } from '../../core/http/route-match.ts';
import type { Identity, LimitRequest } from '../../core/limits/limiter.ts';
import { limitsOf, type ScopedLimit } from '../../core/limits/limits.ts';
import { sourceNetwork } from '../../core/limits/source-address.ts';

/** The facts by which a request is counted. */
export interface Source {
  readonly requestId: string;
  readonly route: SelectedRoute;
  readonly client: string;
  /** Undefined for an unknown credential, and for none. */
  readonly bearer: Bearer | undefined;
  readonly sourceIp: string;
}

/**
 * Makes the limiter's request; undefined when there is nothing to ask. A known credential is checked without limits too,
 * since it may have been revoked.
 */
export function limitRequests(service: ServicePolicy): (source: Source) => LimitRequest | undefined {
  const known = new Map<string, LimitsByPlan>();
  const limitsByPlanOf = ({ keys }: SelectedRoute) => {
    const name = keys.join('\n');
    const byPlan = known.get(name) ?? limitsByPlan(limitsOf(service, ...keys));
    known.set(name, byPlan);
    return byPlan;
  };
  return ({ requestId, route, client, bearer, sourceIp }) => {
    const byPlan = limitsByPlanOf(route);
    const limits = byPlan.get(bearer?.plan ?? '') ?? byPlan.get('') ?? [];
    if (limits.length === 0 && bearer === undefined) return undefined;
    const identity = identityOf(client, bearer, sourceIp);
    return {
      limits: limits.map(({ policy, scope }) => ({ policy, scope, subject: subjectOf(policy, identity) })),
      identity,
      cost: route.cost,
      lease: requestId,
    };
  };
}

/** The limiter's request for a bad credential: all services of the gateway share one count. */
export function badCredentialsRequest(policy: LimitPolicy, sourceIp: string, requestId: string): LimitRequest {
  const ip = ipSubject(sourceIp);
  return {
    limits: [{ policy, scope: '', subject: ip }],
    identity: { client: ip, tenant: '', plan: '', token: '', ip },
    cost: 1,
    lease: requestId,
  };
}

/** The limits of a route for each plan that one of them names; '' for all other plans. */
type LimitsByPlan = ReadonlyMap<string, readonly ScopedLimit[]>;

/** Made once for each route: the limiter then gets the number of the request's plan, and need not know plans. */
function limitsByPlan(limits: readonly ScopedLimit[]): LimitsByPlan {
  const plans = limits.flatMap(({ policy }) => ('plans' in policy ? Object.keys(policy.plans) : []));
  const byPlan = plans.map((plan) => [plan, limits.map((limit) => ofPlan(limit, plan))] as const);
  return new Map<string, readonly ScopedLimit[]>([...byPlan, ['', limits]]);
}

function ofPlan({ policy, scope }: ScopedLimit, plan: string): ScopedLimit {
  if (!('plans' in policy)) return { policy, scope };
  const limit = Object.hasOwn(policy.plans, plan) ? policy.plans[plan] : undefined;
  return { policy: { ...policy, limit: limit ?? policy.limit }, scope };
}

/** Rules about an address apply to every request, the others only to a known credential. */
function identityOf(client: string, bearer: Bearer | undefined, sourceIp: string): Identity {
  return {
    client,
    tenant: named('tenant', bearer?.tenant),
    plan: named('plan', bearer?.plan),
    token: named('token', bearer?.jti),
    ip: ipSubject(sourceIp),
  };
}

function named(kind: 'tenant' | 'plan' | 'token', value = ''): string {
  return value === '' ? '' : `${kind}:${value}`;
}

function subjectOf({ by }: LimitPolicy, identity: Identity): string {
  switch (by) {
    case 'client':
      return identity.client;
    case 'ip':
      return identity.ip;
    case 'tenant':
      return identity.tenant === '' ? identity.client : identity.tenant;
    case 'total':
      return '';
  }
}

/** The /64 of an IPv6 address: see `sourceNetwork`. It also names the client of a public route, to the upstream too. */
export function ipSubject(sourceIp: string): string {
  return `ip:${sourceNetwork(sourceIp)}`;
}
