import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { type LimitScope, placedLimits } from '../../../../lib/gateway/limits/placed-limits.ts';
import { RateLimit, type RateLimits } from '../../../../lib/gateway/limits/rate-limit.ts';

const MINUTE = Duration.minutes(1);

function names(scope: LimitScope, limits: RateLimits): readonly string[] {
  return placedLimits(limits, { scope, timeoutMs: 5000 }).map(({ name }) => name);
}

describe('a limit without a name', () => {
  const windows = [
    RateLimit.perClient(1, MINUTE),
    RateLimit.perIp(1, MINUTE),
    RateLimit.perTenant(1, MINUTE),
    RateLimit.perPlan({ free: 1 }, MINUTE),
    RateLimit.total(1, MINUTE),
  ];
  const by = ['client', 'ip', 'tenant', 'total'] as const;
  const buckets = by.map((one) => RateLimit.tokenBucket({ rate: 1, burst: 1, by: one }));
  const bounds = by.map((one) => RateLimit.concurrency(1, { by: one }));

  it.each(['service', 'route'] as const)('on a %s is called after what it counts', (scope) => {
    expect(names(scope, windows)).toEqual(['client', 'ip', 'tenant', 'plan', scope]);
    expect(names(scope, buckets)).toEqual(['client-bucket', 'ip-bucket', 'tenant-bucket', `${scope}-bucket`]);
    expect(names(scope, bounds)).toEqual([
      'client-concurrency',
      'ip-concurrency',
      'tenant-concurrency',
      `${scope}-concurrency`,
    ]);
  });

  it("on a gateway is told apart from a service's", () => {
    expect(names('gateway', windows)).toEqual([
      'gateway-client',
      'gateway-ip',
      'gateway-tenant',
      'gateway-plan',
      'gateway',
    ]);
    expect(names('gateway', [...buckets.slice(0, 1), ...bounds.slice(3)])).toEqual([
      'gateway-client-bucket',
      'gateway-concurrency',
    ]);
  });

  it('in shadow mode is told apart from the one that it stands beside', () => {
    const shadow = { shadow: true };
    const trials = [
      RateLimit.perClient(5, MINUTE, shadow),
      RateLimit.perPlan({ free: 1 }, MINUTE, shadow),
      RateLimit.total(1, MINUTE, shadow),
      RateLimit.concurrency(1, { by: 'ip', ...shadow }),
      RateLimit.tokenBucket({ rate: 1, burst: 1 }, shadow),
    ];
    expect(names('route', [RateLimit.perClient(10, MINUTE), ...trials, ...trials.slice(0, 1)])).toEqual([
      'client',
      'client-shadow',
      'plan-shadow',
      'route-shadow',
      'ip-concurrency-shadow',
      'client-bucket-shadow',
      'client-shadow-2',
    ]);
    expect(names('gateway', trials.slice(0, 3))).toEqual([
      'gateway-client-shadow',
      'gateway-plan-shadow',
      'gateway-shadow',
    ]);
    expect(names('route', RateLimit.perIp(1, MINUTE, { ...shadow, name: 'login' }))).toEqual(['login']);
  });

  it('is numbered from the second of its kind on, past names that were given', () => {
    const second = RateLimit.perClient(10, Duration.hours(1));
    expect(names('service', [...windows.slice(0, 1), second, second])).toEqual(['client', 'client-2', 'client-3']);
    expect(names('service', [second, RateLimit.perIp(1, MINUTE, { name: 'client' })])).toEqual(['client-2', 'client']);
  });
});

describe('the lease of a bound of concurrency', () => {
  it('ends two seconds after the timeout of the service, when no function can still hold it', () => {
    const limits = placedLimits([RateLimit.concurrency(1), RateLimit.perIp(1, MINUTE)], {
      scope: 'service',
      timeoutMs: 5000,
    });
    expect(limits[0]).toMatchObject({ kind: 'concurrency', leaseMs: 7000 });
    expect(limits[1]).not.toHaveProperty('leaseMs');
  });
});
