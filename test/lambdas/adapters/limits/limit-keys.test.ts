import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestKeys, ruleKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import type { LimitRequest } from '../../../../lambdas/core/limits/limiter.ts';
import { anchorOf } from '../../../../lambdas/core/limits/limits.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { type RedisTarget, SHAPES } from '../../../support/redis/redis-target.ts';

const PER_CLIENT = servicePolicy();
const PER_SERVICE = servicePolicy({ default: route([windowLimit(100, 60_000), windowLimit(9, 1000, { by: 'ip' })]) });
const WHOLE_GATEWAY = servicePolicy({ gatewayLimits: [windowLimit(100, 60_000, { name: 'gateway-client' })] });

const LOOKALIKES = [
  ...['sub:a', 'sub:A', 'sub:a ', ' sub:a', 'sub:a\u0000', 'sub:a\n', 'sub:а', 'sub:é', 'sub:e\u0301', 'sub:😀'],
  ...['{sub:a}', 'sub:{a}', 'sub:a}', '{', '}', '{}', '\u0000', '\ud800', '\ufffd', '*', 'rules', ''],
  ...['x'.repeat(9999), 'x'.repeat(10_000), '😀'.repeat(5000)],
];

function route(limits: readonly LimitPolicy[]): ServicePolicy['default'] {
  return { auth: { type: 'none' }, limits, cost: 1 };
}

function requestOf(client: string, limits: readonly LimitPolicy[], subject = client, scope = 'users'): LimitRequest {
  return {
    limits: limits.map((policy) => ({ policy, scope, subject })),
    identity: { client, tenant: '', plan: '', token: '', ip: 'ip:192.0.2.1' },
    cost: 1,
    lease: 'request-1',
  };
}

/** The key of one limit. */
function keyOf(limit: LimitPolicy, client = 'sub:alice', subject = client, scope = 'users'): string {
  return requestKeys(PER_CLIENT)(requestOf(client, [limit], subject, scope))[1] as string;
}

const anyClient = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ unit: fc.constantFrom('{', '}', '\u0000', ':', '\n', '😀', 'a') }),
  fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.repeat(10_000).slice(0, 10_000)),
);

describe('the key of a limit', () => {
  it('is short, and of characters that mean nothing to Redis, whatever the client is called', () => {
    fc.assert(
      fc.property(anyClient, (client) => {
        for (const key of requestKeys(PER_CLIENT)(requestOf(client, [windowLimit(1, 1000), bucketLimit(1, 1)]))) {
          expect(key).toMatch(/^\{[\w-]+\}[\w-]+$/);
          // Redis keeps it in 32 bytes, with four of its own.
          expect(key.length).toBeLessThanOrEqual(28);
        }
      }),
    );
  });

  it('is another for each client', () => {
    const keys = LOOKALIKES.map((client) => keyOf(windowLimit(1, 1000), client));
    expect(new Set(keys).size).toBe(LOOKALIKES.length - 1);
    // A surrogate that stands alone is no text: it comes from no token, and is written as what replaces it.
    expect(keys[LOOKALIKES.indexOf('\ud800')]).toBe(keys[LOOKALIKES.indexOf('\ufffd')]);
    fc.assert(
      fc.property(anyClient, anyClient, (one, other) => {
        const same = keyOf(windowLimit(1, 1000), one) === keyOf(windowLimit(1, 1000), other);
        expect(same).toBe(one.toWellFormed() === other.toWellFormed());
      }),
    );
  });

  it('is another for each kind, name, length, place, service and gateway', () => {
    const [window, client] = [windowLimit(1, 1000), 'sub:alice'];
    const keys = [
      ...[window, bucketLimit(1, 1), concurrencyLimit(1), windowLimit(1, 1001)].map((limit) => keyOf(limit)),
      ...[bucketLimit(1, 1, { name: 'client' }), concurrencyLimit(1, { name: 'client' })].map((limit) => keyOf(limit)),
      keyOf(windowLimit(1, 1000, { name: 'client-2' })),
      ...['', 'orders', 'users POST /api/users/a'].map((scope) => keyOf(window, client, client, scope)),
      keyOf(window, client, ''),
      requestKeys(servicePolicy({ gateway: 'other' }))(requestOf(client, [window]))[1],
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('stays the same when its numbers change, so that what was counted goes on counting', () => {
    expect(keyOf(windowLimit(2000, 1000, { shadow: true, onStoreFailure: 'closed' }))).toBe(
      keyOf(windowLimit(1, 1000)),
    );
    expect(keyOf(bucketLimit(5, 9))).toBe(keyOf(bucketLimit(1, 1)));
    expect(keyOf(concurrencyLimit(5, { leaseMs: 1 }))).toBe(keyOf(concurrencyLimit(1)));
  });
});

describe('all keys of a request', () => {
  /** Which of the gateway's tags the clients' requests have. */
  function tagsOf(policy: ServicePolicy, clients: readonly string[]): string[] {
    const rules = clients.map((client) => {
      const keys = requestKeys(policy)(requestOf(client, [windowLimit(1, 1000), bucketLimit(1, 1)]));
      const tags = new Set(keys.map((key) => key.slice(0, key.indexOf('}') + 1)));
      expect(tags.size).toBe(1);
      return keys[0];
    });
    for (const key of rules) expect(ruleKeys(policy.gateway)).toContain(key);
    return rules;
  }

  const clients = Array.from({ length: 16_000 }, (_, index) => `sub:client-${index}`);

  it('have the tag of the client where the service counts by client alone, and clients are spread evenly', () => {
    expect(anchorOf(PER_CLIENT)).toBe('client');
    const counts = Object.values(Object.groupBy(tagsOf(PER_CLIENT, clients), (key) => key)).map((keys) => keys?.length);
    expect(counts).toHaveLength(16);
    for (const count of counts) expect(Math.abs((count ?? 0) - 1000)).toBeLessThan(200);
  });

  it('have the tag of the service where it counts several clients together, and services are spread', () => {
    expect(anchorOf(PER_SERVICE)).toBe('service');
    expect(new Set(tagsOf(PER_SERVICE, clients.slice(0, 100))).size).toBe(1);
    const services = Array.from({ length: 200 }, (_, index) => ({ ...PER_SERVICE, service: `service-${index}` }));
    expect(new Set(services.flatMap((service) => tagsOf(service, ['sub:alice']))).size).toBe(16);
  });

  it('have one tag for all services where the gateway has limits', () => {
    expect(anchorOf(WHOLE_GATEWAY)).toBe('gateway');
    const services = Array.from({ length: 20 }, (_, index) => ({ ...WHOLE_GATEWAY, service: `service-${index}` }));
    expect(new Set(services.flatMap((service) => tagsOf(service, clients.slice(0, 20)))).size).toBe(1);
  });

  it('are of another tag in each gateway', () => {
    expect(new Set([...ruleKeys('one'), ...ruleKeys('other')]).size).toBe(32);
  });
});

describe('in a cluster', () => {
  const [, { start }] = SHAPES as [unknown, (typeof SHAPES)[number]];
  let target: RedisTarget;
  let redis: Redis;

  beforeAll(async () => {
    target = await start();
    redis = (await target.connect()) as unknown as Redis;
  });
  afterAll(() => target.stop());

  const slotOf = (key: string) => redis.cluster('KEYSLOT', key);

  it('all keys of a request lie in one slot, whatever the client is called', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyClient, fc.constantFrom(...LOOKALIKES)), async (client) => {
        const keys = requestKeys(PER_CLIENT)(requestOf(client, [windowLimit(1, 1000), concurrencyLimit(1)]));
        expect(new Set(await Promise.all(keys.map(slotOf))).size).toBe(1);
      }),
      { numRuns: 50 },
    );
  });

  it('the copies of the rules lie in sixteen slots, over all shards', async () => {
    const slots = await Promise.all(ruleKeys('test').map(slotOf));
    expect(new Set(slots).size).toBe(16);
    expect(new Set(slots.map((slot) => Math.floor((3 * slot) / 16_384))).size).toBe(3);
  });
});
