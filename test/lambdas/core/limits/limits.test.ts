import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitBy, LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { RoutePolicy, ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { anchorOf, limitsOf } from '../../../../lambdas/core/limits/limits.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';

const KEY = 'POST /api/users/refunds';

function route(limits: readonly LimitPolicy[] | null): RoutePolicy {
  return { auth: { type: 'none' }, limits, cost: 1 };
}

function named(name: string, by: LimitBy = 'client'): LimitPolicy {
  return windowLimit(1, 1000, { name, by });
}

function service(own: readonly LimitPolicy[] | null, special?: readonly LimitPolicy[] | null): ServicePolicy {
  return servicePolicy({
    default: route(own),
    routes: special === undefined ? {} : { [KEY]: route(special) },
    gatewayLimits: [named('gateway')],
  });
}

/** Scope and name of the limits of a route, in their order. */
function met(policy: ServicePolicy, key: string): string[] {
  return limitsOf(policy, key).map(({ scope, policy: { name } }) => `${scope} > ${name}`);
}

describe('the limits of a request', () => {
  it('of a general route are those of the service and of the gateway', () => {
    const policy = service([named('client'), named('ip', 'ip')]);
    expect(met(policy, 'ANY /api/users')).toEqual(['users > client', 'users > ip', ' > gateway']);
  });

  it('of a special route are its own, what they leave of the service, and the gateway', () => {
    const policy = service([named('client'), named('ip', 'ip')], [named('own')]);
    expect(met(policy, KEY)).toEqual([`users ${KEY} > own`, 'users > ip', ' > gateway']);
    expect(met(policy, 'ANY /api/users')).toEqual(['users > client', 'users > ip', ' > gateway']);
  });

  it('of a special route without limits of its own are those of the service', () => {
    expect(met(service([named('client')], null), KEY)).toEqual(['users > client', ' > gateway']);
  });

  it('of a special route that was given none are the gateway’s alone', () => {
    expect(met(service([named('client')], []), KEY)).toEqual([' > gateway']);
  });

  it('are none where nobody set any', () => {
    expect(limitsOf(servicePolicy({ default: route(null) }), '')).toEqual([]);
  });
});

describe('the limits of a request whose path is one route for API Gateway and another for the upstream', () => {
  const READ = 'GET /api/users/{id}';
  const ITEMS = 'GET /api/users/{id}/items';
  const of = (read: readonly LimitPolicy[] | null, items: readonly LimitPolicy[] | null) =>
    servicePolicy({
      default: route([named('client'), named('total', 'total')]),
      routes: { [READ]: route(read), [ITEMS]: route(items) },
    });
  const spelled = (policy: ServicePolicy) =>
    limitsOf(policy, ITEMS, READ).map(({ scope, policy: { name } }) => `${scope} > ${name}`);
  const own = `users ${READ} > own`;
  const other = `users ${ITEMS} > other`;

  it.each<[string, readonly LimitPolicy[] | null, readonly LimitPolicy[] | null, readonly string[]]>([
    ['both have limits', [named('own')], [named('other')], [other, own, 'users > total']],
    ['one has, and one its service’s', [named('own')], null, [own, 'users > client', 'users > total']],
    ['one has, and one none', [named('own')], [], [own, 'users > total']],
    ['one its service’s, and one none', [], null, ['users > client', 'users > total']],
    ['neither has', [], [], []],
  ])('are those of each: %s', (_, read, items, expected) => {
    expect(spelled(of(read, items)).toSorted()).toEqual(expected.toSorted());
    expect(spelled(of(items, read)).length).toBe(expected.length);
  });

  it('are all that either of them has, each once, whatever they are', () => {
    const by = fc.constantFrom<LimitBy>('client', 'ip', 'tenant', 'total');
    const limit = fc
      .tuple(by, fc.boolean(), fc.boolean())
      .map(([subject, shadow, concurrent]) =>
        concurrent ? concurrencyLimit(1, { by: subject, shadow }) : windowLimit(1, 1000, { by: subject, shadow }),
      );
    const limits = fc.option(fc.array(limit, { maxLength: 3 }));
    fc.assert(
      fc.property(limits, limits, limits, fc.constantFrom(READ, 'ANY /api/users'), (general, read, items, chosen) => {
        const policy = servicePolicy({
          default: route(general),
          routes: { [READ]: route(read), [ITEMS]: route(items) },
          gatewayLimits: [named('gateway')],
        });
        const met = (...keys: string[]) => limitsOf(policy, ...keys).map((one) => `${one.scope} ${idOf(one.policy)}`);
        expect(met(ITEMS, chosen).toSorted()).toEqual([...new Set([...met(ITEMS), ...met(chosen)])].toSorted());
      }),
    );
  });
});

/** Tells policies apart that look alike. */
const ids = new Map<LimitPolicy, number>();
function idOf(policy: LimitPolicy): number {
  const id = ids.get(policy) ?? ids.size;
  ids.set(policy, id);
  return id;
}

describe('the widest thing that limits span', () => {
  const gateway = { gatewayLimits: [named('gateway')] };
  const perClient = [windowLimit(1, 1000), bucketLimit(1, 1), concurrencyLimit(1)];

  it.each<[string, Partial<ServicePolicy>]>([
    ['client', { default: route(perClient) }],
    ['client', { default: route(null) }],
    ['client', { default: route([]), routes: { [KEY]: route(perClient) } }],
    ['service', { default: route([...perClient, named('ip', 'ip')]) }],
    ['service', { default: route([named('tenant', 'tenant')]) }],
    ['service', { default: route([concurrencyLimit(1, { by: 'total' })]) }],
    // A limit of one route: the other routes' keys must not move when it is met.
    ['service', { default: route(perClient), routes: { [KEY]: route([named('total', 'total')]) } }],
    ['gateway', gateway],
    ['gateway', { ...gateway, default: route([named('total', 'total')]) }],
  ])('is the %s: case %#', (anchor, changes) => {
    expect(anchorOf(servicePolicy(changes))).toBe(anchor);
  });
});
