import { Duration } from 'aws-cdk-lib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANY_JWT } from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { limitsOf } from '../../../../lambdas/core/limits/limits.ts';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import type { GatewayProps } from '../../../../lib/gateway/gateway-props.ts';
import { type LimitScope, placedLimits } from '../../../../lib/gateway/limits/placed-limits.ts';
import { RateLimit, type RateLimits } from '../../../../lib/gateway/limits/rate-limit.ts';
import { ServiceLimits } from '../../../../lib/gateway/limits/service-limits.ts';
import type { RouteProps } from '../../../../lib/gateway/route.ts';
import type { ServiceProps } from '../../../../lib/gateway/service-props.ts';
import { decodeServicePolicy } from '../../../support/documents.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { proxyDocument } from '../../support/documents.ts';
import { serviceProps, testGateway } from '../../support/stacks.ts';

const MINUTE = Duration.minutes(1);

interface Given {
  readonly gateway?: Partial<GatewayProps>;
  readonly service?: Partial<ServiceProps>;
  /** Props of `GET /a`. */
  readonly route?: RouteProps;
}

function build({ gateway = {}, service = {}, route }: Given) {
  const test = testGateway({ name: 'edge', ...gateway });
  const users = test.gateway.addService('users', serviceProps(service));
  if (route) users.addRoute('GET /a', route);
  return test;
}

/** The policies of the service as its function reads them. */
function synthesized(given: Given): ServicePolicy {
  return decodeServicePolicy(proxyDocument(build(given).stack, 'users'));
}

function names(policy: ServicePolicy, routeKey: string): readonly string[] {
  return limitsOf(policy, routeKey).map(({ policy: { name }, scope }) => `${scope}: ${name}`);
}

describe('the limits of a service', () => {
  let policy: ServicePolicy;
  beforeAll(() => {
    policy = synthesized({
      gateway: {
        rateLimit: [RateLimit.total(5000, MINUTE), RateLimit.concurrency(10, { by: 'ip' })],
        rateLimitHeaders: false,
        cacheTimeout: Duration.millis(20),
      },
      service: {
        timeout: Duration.seconds(8),
        rateLimit: [RateLimit.perTenant(1000, MINUTE), RateLimit.tokenBucket({ rate: 0.5, burst: 20 })],
        cost: 2,
      },
      route: { rateLimit: RateLimit.perClient(50, MINUTE, { shadow: true }), cost: 5 },
    });
  });

  it('are written for its function as they were told', () => {
    expect(policy.default).toEqual({
      auth: ANY_JWT,
      limits: [windowLimit(1000, 60_000, { name: 'tenant', by: 'tenant' }), bucketLimit(0.5, 20)],
      cost: 2,
    });
    expect(policy.routes).toEqual({
      'GET /api/users/a': {
        auth: ANY_JWT,
        limits: [windowLimit(50, 60_000, { name: 'client-shadow', shadow: true })],
        cost: 5,
      },
    });
  });

  it("stand beside the gateway's, whose leases end after the longest timeout that a service may have", () => {
    expect(policy.gatewayLimits).toEqual([
      windowLimit(5000, 60_000, { name: 'gateway', by: 'total' }),
      concurrencyLimit(10, { name: 'gateway-ip-concurrency', by: 'ip', leaseMs: 31_000 }),
    ]);
    expect(policy.rateLimitHeaders).toBe(false);
    expect(policy.cacheTimeoutMs).toBe(20);
  });

  it("are the gateway's as every other service has them, whatever its timeout, and for the rest its own", () => {
    const rateLimit = RateLimit.concurrency(10);
    const { gateway, stack } = testGateway({ rateLimit: RateLimit.concurrency(100, { by: 'total' }) });
    const timeouts = { fast: Duration.millis(50), usual: undefined, slow: Duration.seconds(29) };
    for (const [name, timeout] of Object.entries(timeouts)) {
      gateway.addService(name, serviceProps({ prefix: `/${name}`, rateLimit, ...(timeout && { timeout }) }));
    }
    const policies = Object.keys(timeouts).map((name) => decodeServicePolicy(proxyDocument(stack, name)));
    const shared = concurrencyLimit(100, { name: 'gateway-concurrency', by: 'total', leaseMs: 31_000 });
    expect(policies.map(({ gatewayLimits }) => gatewayLimits)).toEqual([[shared], [shared], [shared]]);
    expect(policies.map((policy) => policy.default.limits)).toMatchObject(
      [2050, 7000, 31_000].map((leaseMs) => [{ leaseMs }]),
    );
  });

  it('hold on a route that has none of its own, its cost too', () => {
    const plain = synthesized({ service: { cost: 3 }, route: {} });
    expect(plain.routes['GET /api/users/a']).toEqual({ auth: ANY_JWT, limits: null, cost: 3 });
    expect(names(plain, 'GET /api/users/a')).toEqual(['users: client']);
  });

  it('are all dropped by a route that counts nothing', () => {
    const free = synthesized({
      gateway: { rateLimit: RateLimit.total(100, MINUTE) },
      route: { rateLimit: RateLimit.none() },
    });
    expect(free.routes['GET /api/users/a']?.limits).toEqual([]);
    expect(names(free, 'GET /api/users/a')).toEqual([': gateway']);
  });

  it('are kept by a public route, where a tenant limit counts by address', () => {
    const open = synthesized({
      service: { rateLimit: RateLimit.perTenant(100, MINUTE) },
      route: { auth: Auth.none(), cost: 100 },
    });
    expect(names(open, 'GET /api/users/a')).toEqual(['users: tenant']);
  });

  it('may be by what only a credential tells where one is optional', () => {
    const rateLimit = [RateLimit.perTenant(100, MINUTE), RateLimit.perPlan({ free: 60 }, MINUTE)];
    const news = synthesized({ route: { auth: Auth.optional(Auth.jwt()), rateLimit } });
    expect(news.routes['GET /api/users/a']?.limits?.map(({ name }) => name)).toEqual(['tenant', 'plan']);
  });

  it('hold beside one that a route tries in shadow mode, and one of theirs in shadow mode gives way', () => {
    const trial = synthesized({
      service: { rateLimit: [RateLimit.perClient(100, MINUTE), RateLimit.perIp(100, MINUTE, { shadow: true })] },
      route: { rateLimit: [RateLimit.perClient(5, MINUTE, { shadow: true }), RateLimit.perIp(5, MINUTE)] },
    });
    expect(names(trial, 'GET /api/users/a')).toEqual([
      'users GET /api/users/a: client-shadow',
      'users GET /api/users/a: ip',
      'users: client',
    ]);
  });

  it('may have the name of one that they replace', () => {
    const login = synthesized({
      service: { rateLimit: [RateLimit.perIp(9, MINUTE, { name: 'login' }), RateLimit.total(99, MINUTE)] },
      route: { rateLimit: [RateLimit.perIp(5, MINUTE, { name: 'login' }), RateLimit.total(9, MINUTE)] },
    });
    expect(names(login, 'GET /api/users/a')).toEqual([
      'users GET /api/users/a: login',
      'users GET /api/users/a: route',
      'users: service',
    ]);
  });
});

describe('wrong limits', () => {
  const twice = (name: string, where: string) =>
    `each limit that a request meets must have a name of its own, got "${name}" ${where}: give one of them another by its option name`;
  const client = RateLimit.perClient(5, MINUTE);
  const named = RateLimit.perIp(5, MINUTE, { name: 'login' });

  it.each<[string, Given, string]>([
    [
      'two of one name on a gateway',
      { gateway: { rateLimit: [named, RateLimit.concurrency(1, { name: 'login' })] } },
      `gateway Edge/Gateway: ${twice('login', 'twice on the gateway')}`,
    ],
    [
      'two of one name on a service',
      { service: { rateLimit: [named, RateLimit.perTenant(1, MINUTE, { name: 'login' })] } },
      `service users: ${twice('login', 'twice on the service')}`,
    ],
    [
      'the name of one of the gateway',
      { gateway: { rateLimit: named }, service: { rateLimit: named } },
      `service users: ${twice('login', 'on the gateway and on the service')}`,
    ],
    [
      'the name that one of the service has by default',
      { service: { rateLimit: client }, route: { rateLimit: RateLimit.perIp(5, MINUTE, { name: 'client' }) } },
      `service users: route GET /a: ${twice('client', 'on the service and on the route')}`,
    ],
    [
      'the name of one of the gateway on a route that drops those of its service',
      { gateway: { rateLimit: named }, route: { rateLimit: named } },
      `service users: route GET /a: ${twice('login', 'on the gateway and on the route')}`,
    ],
    [
      'the default name of a trial of the service on a route that tries another',
      {
        service: { rateLimit: RateLimit.perClient(9, MINUTE, { shadow: true }) },
        route: { rateLimit: RateLimit.perClient(5, MINUTE, { shadow: true }) },
      },
      `service users: route GET /a: ${twice('client-shadow', 'on the service and on the route')}`,
    ],
    [
      'a tenant on a public service',
      { service: { auth: Auth.none(), rateLimit: RateLimit.perTenant(5, MINUTE) } },
      'service users: a limit per tenant needs a route that asks for a token, got one beside Auth.none(): no request there has a tenant; write RateLimit.perIp(',
    ],
    [
      'the concurrency of a tenant on a public service',
      { service: { auth: Auth.none(), rateLimit: RateLimit.concurrency(5, { by: 'tenant' }) } },
      'service users: a limit per tenant needs a route that asks for a token',
    ],
    [
      'a plan on a public route',
      { route: { auth: Auth.none(), rateLimit: [client, RateLimit.perPlan({ free: 5 }, MINUTE)] } },
      'service users: route GET /a: a limit per plan needs a route that asks for a token, got one beside Auth.none(): no request there has a plan; ',
    ],
    [
      'a plan on a route of a public service',
      { service: { auth: Auth.none() }, route: { rateLimit: RateLimit.perPlan({ free: 5 }, MINUTE) } },
      'service users: route GET /a: a limit per plan needs a route that asks for a token',
    ],
    ['no limits', { service: { rateLimit: [] } }, 'service users: rateLimit must name at least one limit, got []: '],
    [
      'none among others on a gateway',
      { gateway: { rateLimit: [RateLimit.none(), client] } },
      'gateway Edge/Gateway: rateLimit must be RateLimit.none() alone or limits without it, got both: ',
    ],
  ])('such as %s are refused', (_, given, message) => {
    expect(() => build(given)).toThrow(message);
  });

  const never = 'such a request could never pass; lower its cost or raise the limit';
  it.each<[string, Given, string]>([
    ['0', { service: { cost: 0 } }, 'service users: cost must be a whole number between 1 and 1000, got 0: '],
    ['1001', { route: { cost: 1001 } }, 'route GET /a: cost must be a whole number between 1 and 1000, got 1001: '],
    ['1.5', { route: { cost: 1.5 } }, 'route GET /a: cost must be a whole number between 1 and 1000, got 1.5: '],
    [
      'more than the window of the service',
      { service: { rateLimit: client, cost: 6 } },
      `service users: cost must be at most the 5 units of limit client, got 6: ${never}`,
    ],
    [
      'more than the window of the service on a route',
      { service: { rateLimit: client }, route: { cost: 6, rateLimit: RateLimit.perIp(100, MINUTE) } },
      `service users: route GET /a: cost must be at most the 5 units of limit client, got 6: ${never}`,
    ],
    [
      'more than the smallest plan',
      { route: { cost: 61, rateLimit: RateLimit.perPlan({ pro: 600, free: 60 }, MINUTE, { otherwise: 100 }) } },
      `service users: route GET /a: cost must be at most the 60 units of plan free in limit plan, got 61: ${never}`,
    ],
    [
      'more than the burst of the gateway',
      { gateway: { rateLimit: RateLimit.tokenBucket({ rate: 100, burst: 9, by: 'total' }) }, service: { cost: 10 } },
      `service users: cost must be at most the burst of 9 of limit gateway-bucket, got 10: ${never}`,
    ],
  ])('for a cost of %s are refused', (_, given, message) => {
    expect(() => build(given)).toThrow(message);
  });

  it('are not those that a route replaces, nor bounds of concurrency, nor limits that refuse nothing', () => {
    const shadows = [
      RateLimit.perIp(5, MINUTE, { shadow: true }),
      RateLimit.perPlan({ free: 5 }, MINUTE, { shadow: true }),
      RateLimit.tokenBucket({ rate: 1, burst: 5 }, { shadow: true }),
    ];
    const rateLimit = [client, RateLimit.concurrency(2), ...shadows];
    const route = { cost: 50, rateLimit: RateLimit.perClient(50, MINUTE) };
    expect(() => build({ service: { rateLimit }, route })).not.toThrow();
  });
});

describe('limits of any service', () => {
  const limit = fc.constantFrom(
    RateLimit.perClient(10, MINUTE),
    RateLimit.perIp(10, MINUTE),
    RateLimit.perTenant(10, MINUTE),
    RateLimit.total(10, MINUTE),
    RateLimit.perPlan({ free: 10 }, MINUTE),
    RateLimit.tokenBucket({ rate: 1, burst: 10 }),
    RateLimit.tokenBucket({ rate: 1, burst: 10, by: 'total' }),
    RateLimit.concurrency(10),
    RateLimit.concurrency(10, { by: 'total' }),
    RateLimit.perClient(10, MINUTE, { shadow: true }),
    RateLimit.concurrency(10, { shadow: true, name: 'client' }),
    RateLimit.perIp(10, MINUTE, { name: 'client' }),
    RateLimit.concurrency(10, { by: 'ip', name: 'client' }),
  );
  const lists = fc.array(limit, { minLength: 1, maxLength: 4 });
  const auth = ANY_JWT;

  /** Whether no request meets two of one name, told by what the functions do. */
  function haveNamesOfTheirOwn(own: RateLimits, ofRoute: RateLimits): boolean {
    const policies = (limits: RateLimits, scope: LimitScope) => placedLimits(limits, { scope, timeoutMs: 5000 });
    const policy = servicePolicy({
      default: { auth, limits: policies(own, 'service'), cost: 1 },
      routes: { 'GET /a': { auth, limits: policies(ofRoute, 'route'), cost: 1 } },
    });
    return ['ANY /', 'GET /a'].every((key) => {
      const met = limitsOf(policy, key).map(({ policy: { name } }) => name);
      return new Set(met).size === met.length;
    });
  }

  it('are refused when and only when a request would meet two of one name', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(lists, lists, (rateLimit, ofRoute) => {
        const told = () => new ServiceLimits([], 5000, { auth, rateLimit }).ofRoute({ auth, rateLimit: ofRoute });
        const fine = haveNamesOfTheirOwn(rateLimit, ofRoute);
        seen.add(fine);
        if (fine) expect(told).not.toThrow();
        else expect(told).toThrow('each limit that a request meets must have a name of its own');
      }),
    );
    expect(seen).toEqual(new Set([true, false]));
  });
});
