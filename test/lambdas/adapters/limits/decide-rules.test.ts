import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RULES_FRESH_MS, RULES_KNOWN_MS } from '../../../../lambdas/adapters/limits/decide-script.ts';
import { requestKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import type { RedisLimiter } from '../../../../lambdas/adapters/limits/redis-limiter.ts';
import type { RedisClient } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitBy, LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { encodeRule, type LimitOverride, type Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { sizeOf } from '../../../../lambdas/core/limits/kinds/kind-table.ts';
import type { LimitRequest, LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import { isRevoked, overrideFor } from '../../../../lambdas/core/limits/rule-matching.ts';
import { NO_RULES, redisLimiter } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { setTicks, useFakeClock } from '../../../support/redis/fake-clock.ts';
import { type RedisTarget, SINGLE } from '../../../support/redis/redis-target.ts';

const NOW_MS = Date.UTC(2026, 10, 24);
const POLICY = servicePolicy();
const IDENTITY = {
  token: 'token:t1',
  client: 'sub:alice',
  tenant: 'tenant:acme',
  plan: 'plan:pro',
  ip: 'ip:192.0.2.1',
};
const IDS = Object.values(IDENTITY);
const LIMITS = [windowLimit(5, 60_000), bucketLimit(1, 5), concurrencyLimit(5)];

let target: RedisTarget;
let redis: RedisClient;
let limiter: RedisLimiter;
/** Whom the table was asked about, and how often the copies were made anew. */
let asked: { revoked: number; rebuilt: number };
let tableSays: boolean;
/** How often what was read from the table before was not enough any more. */
let doubts: number;

beforeAll(async () => {
  target = await SINGLE.start();
  redis = useFakeClock(await target.connect());
  limiter = redisLimiter(redis, {
    policy: POLICY,
    rules: {
      ...NO_RULES,
      isRevoked: async () => {
        asked.revoked += 1;
        return tableSays;
      },
      invalidate: () => {
        doubts += 1;
      },
      rebuild: () => {
        asked.rebuilt += 1;
      },
    },
  });
});
afterAll(() => target.stop());
beforeEach(async () => {
  await redis.flushall();
  asked = { revoked: 0, rebuilt: 0 };
  tableSays = false;
  doubts = 0;
});

function requestOf(limits: readonly LimitPolicy[] = LIMITS, identity: Partial<typeof IDENTITY> = {}): LimitRequest {
  return {
    limits: limits.map((policy) => ({ policy, scope: 'users', subject: 'sub:alice' })),
    identity: { ...IDENTITY, ...identity },
    cost: 1,
    lease: 'request-1',
  };
}

const [RULES_KEY, ...LIMIT_KEYS] = requestKeys(POLICY)(requestOf());

async function decide(request = requestOf(), nowMs = NOW_MS): Promise<LimitResult> {
  await setTicks(redis, RULES_KEY, [{ nowUs: nowMs * 1000 }]);
  return limiter.decide(request);
}

/** Puts a rule where operators' rules are copied to. */
async function say(id: string, { revocation = null, limits = {} }: Partial<Rule>): Promise<void> {
  await redis.hset(RULES_KEY, id, encodeRule({ version: 1, revocation, limits }));
}

function numbers(limit: number, changes: Partial<LimitOverride> = {}): LimitOverride {
  return { limit, ratePerS: null, untilMs: 0, ...changes };
}

async function stored(): Promise<(Buffer | null)[]> {
  return Promise.all(LIMIT_KEYS.map((key) => redis.callBuffer('DUMP', key) as Promise<Buffer | null>));
}

describe('a revoked', () => {
  it.each(Object.entries(IDENTITY))('%s is refused, and none of its limits charged', async (_, id) => {
    await decide();
    const before = await stored();
    await say(id, { revocation: { untilMs: 0, reason: '' } });
    expect(await decide()).toEqual({ outcome: 'revoked', decisions: [] });
    expect(await stored()).toEqual(before);
    await redis.hdel(RULES_KEY, id);
    const { decisions } = await decide();
    expect(decisions.map(({ remaining }) => remaining)).toEqual([3, 3, 3]);
  });

  it('subject is refused also by a route that has no limits, or that limits on trial only', async () => {
    await say('sub:alice', { revocation: { untilMs: 0, reason: '' } });
    expect(await decide(requestOf([]))).toEqual({ outcome: 'revoked', decisions: [] });
    expect(await decide(requestOf([windowLimit(5, 1000, { shadow: true })]))).toMatchObject({ outcome: 'revoked' });
  });

  it('subject is let in again when the revocation has ended, and not a millisecond before', async () => {
    await say('sub:alice', { revocation: { untilMs: NOW_MS, reason: '' } });
    expect(await decide(requestOf(), NOW_MS - 1)).toMatchObject({ outcome: 'revoked' });
    expect(await decide(requestOf(), NOW_MS)).toMatchObject({ outcome: 'allowed' });
  });

  it('subject is no other subject, and a rule that was taken back says nothing', async () => {
    await say('sub:alic', { revocation: { untilMs: 0, reason: '' } });
    await say('sub:alice', {});
    expect(await decide()).toMatchObject({ outcome: 'allowed' });
  });
});

describe('an override', () => {
  it.each([
    ['is read under the id of the client', 'sub:alice', 'client', 50],
    ['is read under the id of the tenant', 'tenant:acme', 'client', 50],
    ['is read under the id of the plan', 'plan:pro', 'client', 50],
    ['is read under the name of the service', 'sub:alice', 'users/client', 50],
    ['of another service says nothing', 'sub:alice', 'orders/client', 5],
    ['of another limit says nothing', 'sub:alice', 'ip', 5],
    ['of a name that is part of this one says nothing', 'sub:alice', 'clien', 5],
  ])('%s', async (_, id, name, limit) => {
    await say(id, { limits: { [name]: numbers(50) } });
    const { decisions } = await decide();
    expect(decisions[0]).toMatchObject({ limit, remaining: limit - 1 });
  });

  it('of the client comes before that of the tenant, and that before that of the plan', async () => {
    for (const [index, id] of ['plan:pro', 'tenant:acme', 'sub:alice'].entries()) {
      await say(id, { limits: { client: numbers(50 + index) } });
      expect((await decide()).decisions[0]).toMatchObject({ limit: 50 + index });
    }
  });

  it.each<[LimitBy, readonly string[]]>([
    ['client', ['sub:alice', 'tenant:acme', 'plan:pro']],
    ['tenant', ['tenant:acme']],
    ['ip', ['ip:192.0.2.1']],
    ['total', []],
  ])('changes a limit by %s only where it is about its subject', async (by, changing) => {
    for (const id of IDS.filter((one) => one !== IDENTITY.token)) {
      await redis.flushall();
      await say(id, { limits: { shared: numbers(50) } });
      for (const shadow of [false, true]) {
        const { decisions } = await decide(requestOf([windowLimit(5, 60_000, { name: 'shared', by, shadow })]));
        expect([id, decisions[0]?.limit]).toEqual([id, changing.includes(id) ? 50 : 5]);
      }
    }
  });

  it('that names the service comes before one that does not, until it ends', async () => {
    await say('sub:alice', { limits: { 'users/client': numbers(50, { untilMs: NOW_MS + 1 }), client: numbers(60) } });
    expect((await decide()).decisions[0]).toMatchObject({ limit: 50 });
    expect((await decide(requestOf(), NOW_MS + 1)).decisions[0]).toMatchObject({ limit: 60 });
  });

  it('holds for a limit on trial, and for all kinds', async () => {
    const limits = {
      client: numbers(50),
      'client-bucket': numbers(100, { ratePerS: 10 }),
      'client-concurrency': numbers(7),
    };
    await say('sub:alice', { limits });
    const shadows = LIMITS.map((limit) => ({ ...limit, shadow: true }));
    for (const policies of [LIMITS, shadows]) {
      await redis.del(...LIMIT_KEYS);
      const { decisions } = await decide(requestOf(policies));
      expect(decisions.map(({ limit, remaining, resetMs }) => [limit, remaining, resetMs])).toEqual([
        [50, 49, 60_001],
        [100, 99, 100],
        [7, 6, 1000],
      ]);
    }
  });

  it('is understood as by those who read the rules from the table', async () => {
    const untilMs = fc.constantFrom(0, NOW_MS - 1, NOW_MS, NOW_MS + 1, NOW_MS + 1e9);
    const override = fc.record({
      // What all kinds of limits may have.
      limit: fc.integer({ min: 1, max: 1000 }),
      ratePerS: fc.option(fc.constantFrom(1, 10, 10_000)),
      untilMs,
    });
    const names = LIMITS.flatMap(({ name }) => [name, `users/${name}`, `orders/${name}`]);
    const limits = fc.dictionary(fc.constantFrom(...names), override, { maxKeys: 4 });
    const revocation = fc.option(fc.record({ untilMs, reason: fc.constant('') }), { freq: 2 });
    const rules = fc.dictionary(fc.constantFrom(...IDS), fc.record({ limits, revocation }));
    await fc.assert(
      fc.asyncProperty(rules, async (drawn) => {
        await redis.del(RULES_KEY, ...LIMIT_KEYS);
        const table = new Map<string, Rule>();
        for (const [id, { limits, revocation }] of Object.entries(drawn)) {
          const rule = {
            id,
            version: 1,
            reason: '',
            // None of these can be written: a token has no limits of its own, and no plan or address is revoked.
            limits: id === IDENTITY.token ? {} : limits,
            revocation: id === IDENTITY.plan || id === IDENTITY.ip ? null : revocation,
          };
          table.set(id, rule);
          await say(id, rule);
        }
        const { outcome, decisions } = await decide();
        expect(outcome === 'revoked').toBe(isRevoked(table, IDENTITY, NOW_MS));
        for (const { policy, limit, resetMs } of decisions) {
          const found = overrideFor(table, IDENTITY, policy, 'users', NOW_MS);
          expect(limit).toBe(found?.limit ?? sizeOf(policy));
          if (policy.kind === 'bucket') expect(resetMs).toBe(Math.ceil(1000 / (found?.ratePerS ?? policy.ratePerS)));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a copy of the rules', () => {
  it('that is complete and fresh is believed', async () => {
    await redis.hset(RULES_KEY, '@', NOW_MS - RULES_FRESH_MS);
    await decide();
    expect(asked).toEqual({ revoked: 0, rebuilt: 0 });
  });

  it.each([
    ['has grown old', NOW_MS - RULES_FRESH_MS - 1],
    ['is from a clock that stepped back since', NOW_MS + RULES_FRESH_MS + 1],
  ])('that %s is still believed, and made anew by one who asks', async (_, completeMs) => {
    await redis.hset(RULES_KEY, '@', completeMs);
    await say('sub:alice', { limits: { client: numbers(50) } });
    expect((await decide()).decisions[0]).toMatchObject({ limit: 50 });
    await decide();
    expect(asked).toEqual({ revoked: 0, rebuilt: 1 });
  });

  it('that nobody has managed to make anew for two minutes is looked into, and the table is asked as well', async () => {
    await redis.hset(RULES_KEY, '@', NOW_MS - RULES_KNOWN_MS);
    await decide();
    expect(asked).toEqual({ revoked: 0, rebuilt: 1 });
    await decide(requestOf(), NOW_MS + 1);
    expect(asked).toEqual({ revoked: 1, rebuilt: 1 });
    await say('sub:alice', { limits: { client: numbers(50) } });
    expect((await decide(requestOf(), NOW_MS + 1)).decisions[0]).toMatchObject({ limit: 50 });
  });

  it('that is empty, and says so, is not looked into', async () => {
    await redis.hset(RULES_KEY, '@', -NOW_MS);
    await say('sub:alice', { limits: { client: numbers(50) } });
    expect((await decide()).decisions[0]).toMatchObject({ limit: 5 });
    expect(asked).toEqual({ revoked: 0, rebuilt: 0 });
  });

  it('that is lost is made anew by one who asks, and all others ask the table meanwhile', async () => {
    for (let index = 0; index < 5; index += 1) expect(await decide()).toMatchObject({ outcome: 'allowed' });
    expect(asked).toEqual({ revoked: 5, rebuilt: 1 });
    tableSays = true;
    expect(await decide()).toEqual({ outcome: 'revoked', decisions: [] });
  });

  it('that is lost makes what was read from the table before doubtful, once', async () => {
    await redis.hset(RULES_KEY, '@', NOW_MS);
    await decide();
    expect(doubts).toBe(0);
    await redis.flushall();
    await decide();
    await decide();
    expect(doubts).toBe(1);
  });

  it('is asked for again when two seconds have passed without it, and when the clock has stepped back', async () => {
    const rebuilds: number[] = [];
    for (const nowMs of [0, 2000, 2001, 4001, 4002, 2001, 2002].map((ms) => NOW_MS + ms)) {
      await decide(requestOf(), nowMs);
      rebuilds.push(asked.rebuilt);
    }
    expect(rebuilds).toEqual([1, 1, 2, 2, 3, 4, 4]);
    await redis.hset(RULES_KEY, '@', NOW_MS);
    await decide(requestOf(), NOW_MS + 10_000);
    expect(asked.rebuilt).toBe(4);
  });
});
