import type { Bearer } from '../../contract/auth/verdict.ts';
import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import type { SelectedRoute } from '../../core/http/route-match.ts';
import type { Identity, LimitRequest } from '../../core/limits/limiter.ts';
import { limitsOf, type ScopedLimit } from '../../core/limits/limits.ts';
import { sourceNetwork } from '../../core/limits/source-address.ts';

/** What a request is counted by. */
export interface Source {
  readonly requestId: string;
  readonly route: SelectedRoute;
  readonly client: string;
  /** Undefined for an unknown credential, and for none. */
  readonly bearer: Bearer | undefined;
  readonly sourceIp: string;
}

/**
 * Works out what a request asks of the limiter; undefined when there is nothing to ask. A known credential is asked for
 * without limits too, since it may have been revoked.
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

/** What is asked of the limiter for a credential that was refused: one count for all services of the gateway. */
export function badCredentialsRequest(policy: LimitPolicy, sourceIp: string, requestId: string): LimitRequest {
  const ip = ipSubject(sourceIp);
  return {
    limits: [{ policy, scope: '', subject: ip }],
    identity: { client: ip, tenant: '', plan: '', token: '', ip },
    cost: 1,
    lease: requestId,
  };
}

/** The limits of a route for each plan that one of them knows; '' for all others. */
type LimitsByPlan = ReadonlyMap<string, readonly ScopedLimit[]>;

/** Worked out once for each route that requests meet: whoever counts sees the one number that holds, and no plans. */
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

/** Rules of an address hold for every request, the others only for a known credential. */
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

/** Of an IPv6 address its /64: see `sourceNetwork`. Public routes name their clients so, to the upstream too. */
export function ipSubject(sourceIp: string): string {
  return `ip:${sourceNetwork(sourceIp)}`;
}
