import { describe, expect, it } from 'vitest';
import type { Verified } from '../../../../lambdas/contract/auth/verdict.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { RoutePolicy, ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import type { LimitRequest } from '../../../../lambdas/core/limits/limiter.ts';
import { ipSubject, limitRequests } from '../../../../lambdas/proxy/stages/limit-request.ts';
import { ALICE } from '../../../support/event.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';

const KEY = 'POST /api/users/refunds';
const BY: readonly LimitPolicy[] = [
  windowLimit(1, 1000),
  windowLimit(2, 1000, { name: 'ip', by: 'ip' }),
  bucketLimit(3, 3, { name: 'tenant', by: 'tenant' }),
  concurrencyLimit(4, { name: 'total', by: 'total' }),
];

function route(limits: readonly LimitPolicy[] | null, cost = 1): RoutePolicy {
  return { auth: { type: 'none' }, limits, cost };
}

interface Asked {
  readonly key?: string;
  readonly verified?: Verified;
  readonly sourceIp?: string;
}

function asked(changes: Partial<ServicePolicy>, ...requests: readonly Asked[]): (LimitRequest | undefined)[] {
  const service = servicePolicy(changes);
  const requestOf = limitRequests(service);
  return requests.map(({ key = 'ANY /api/users', verified, sourceIp = '192.0.2.1' }) =>
    requestOf({
      requestId: 'request-1',
      route: { keys: [key], auth: [{ type: 'none' }], cost: (service.routes[key] ?? service.default).cost },
      client: verified?.client ?? ipSubject(sourceIp),
      bearer: verified,
      sourceIp,
    }),
  );
}

describe('a request is counted', () => {
  it('by client, address and tenant, and with everybody', () => {
    const verified = { ...ALICE, tenant: 'acme', plan: 'pro', jti: 't1' };
    const [request] = asked({ default: route(BY, 5) }, { verified, sourceIp: '2001:db8::1' });
    expect(request).toEqual({
      limits: [
        { policy: BY[0], scope: 'users', subject: 'sub:alice' },
        { policy: BY[1], scope: 'users', subject: 'ip:2001:db8::' },
        { policy: BY[2], scope: 'users', subject: 'tenant:acme' },
        { policy: BY[3], scope: 'users', subject: '' },
      ],
      identity: {
        client: 'sub:alice',
        tenant: 'tenant:acme',
        plan: 'plan:pro',
        token: 'token:t1',
        ip: 'ip:2001:db8::',
      },
      cost: 5,
      lease: 'request-1',
    });
  });

  it('by its client where it has no tenant, and by its address where nobody verified it', () => {
    const [alice, nobody] = asked({ default: route(BY) }, { verified: ALICE }, { sourceIp: '2001:db8:0:0:1::2' });
    expect(alice?.limits.map(({ subject }) => subject)).toEqual(['sub:alice', 'ip:192.0.2.1', 'sub:alice', '']);
    expect(alice?.identity).toEqual({ client: 'sub:alice', tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1' });
    expect(nobody?.limits.map(({ subject }) => subject)).toEqual([
      'ip:2001:db8::',
      'ip:2001:db8::',
      'ip:2001:db8::',
      '',
    ]);
    expect(nobody?.identity).toEqual({ client: 'ip:2001:db8::', tenant: '', plan: '', token: '', ip: 'ip:2001:db8::' });
  });

  it('under the limits of its route, its service and its gateway', () => {
    const own = windowLimit(1, 1000, { name: 'own' });
    const total = windowLimit(9, 1000, { name: 'total', by: 'total' });
    const everybody = windowLimit(99, 1000, { name: 'gateway-total', by: 'total' });
    const policy = {
      default: route([windowLimit(5, 1000), total]),
      routes: { [KEY]: route([own]) },
      gatewayLimits: [everybody],
    };
    const [special, general] = asked(policy, { key: KEY }, {});
    expect(special?.limits).toMatchObject([
      { policy: own, scope: `users ${KEY}`, subject: 'ip:192.0.2.1' },
      { policy: total, scope: 'users', subject: '' },
      { policy: everybody, scope: '', subject: '' },
    ]);
    expect(general?.limits.map(({ policy: { name } }) => name)).toEqual(['client', 'total', 'gateway-total']);
  });
});

describe('a plan', () => {
  const limits = [windowLimit(100, 60_000, { plans: { pro: 1000, free: 10 } }), windowLimit(7, 1000, { by: 'ip' })];
  const numbers = (request: LimitRequest | undefined) =>
    request?.limits.map(({ policy }) => 'limit' in policy && policy.limit);

  it.each([
    ['pro', 1000],
    ['free', 10],
    ['', 100],
    ['unheard-of', 100],
    ['constructor', 100],
    ['__proto__', 100],
  ])('%j has the limit of %d', (plan, limit) => {
    expect(numbers(asked({ default: route(limits) }, { verified: { ...ALICE, plan } })[0])).toEqual([limit, 7]);
  });

  it('of a limit on a route holds there', () => {
    const policy = { default: route(limits), routes: { [KEY]: route([windowLimit(3, 1000, { plans: { pro: 30 } })]) } };
    const verified = { ...ALICE, plan: 'pro' };
    expect(asked(policy, { verified, key: KEY }, { verified }).map(numbers)).toEqual([
      [30, 7],
      [1000, 7],
    ]);
  });
});

describe('a request without limits', () => {
  it('asks nothing, unless its credential may have been revoked', () => {
    const verified = { ...ALICE, jti: 't1' };
    expect(asked({ default: route([]) }, {}, { verified })).toEqual([
      undefined,
      { limits: [], identity: expect.objectContaining({ token: 'token:t1' }), cost: 1, lease: 'request-1' },
    ]);
  });
});
