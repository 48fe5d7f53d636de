import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryLimiter } from '../../../../lambdas/adapters/limits/memory-limiter.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { encodeRule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { sizeOf } from '../../../../lambdas/core/limits/kinds/kind-table.ts';
import { EXACT_LIMIT } from '../../../../lambdas/core/limits/kinds/sliding-window.ts';
import type { LimitResult } from '../../../../lambdas/core/limits/limiter.ts';
import { TestClock } from '../../../support/clock.ts';
import { RequestOracle } from '../../../support/limits/limit-oracle.ts';
import {
  bucket,
  concurrency,
  limitTraffic,
  otherNumbers,
  type TrafficOptions,
} from '../../../support/limits/limit-traffic.ts';
import { NO_RULES, requestOf } from '../../../support/limits/redis-limiter.ts';
import { exactWindow, slicedWindow } from '../../../support/limits/window-traffic.ts';
import { concurrencyLimit, windowLimit } from '../../../support/policy.ts';
import { type Decided, FakeClockRedis } from '../../../support/redis/fake-clock-redis.ts';
import { type RedisTarget, SHAPES, SINGLE } from '../../../support/redis/redis-target.ts';

const KINDS = [
  ['an exact window', exactWindow],
  ['a sliced window', slicedWindow],
  ['a token bucket', bucket],
  ['a bound of concurrency', concurrency],
] as const;
const ANY: fc.Arbitrary<LimitPolicy> = fc.oneof(exactWindow, slicedWindow, bucket, concurrency);

const targets: RedisTarget[] = [];
afterAll(async () => {
  await Promise.all(targets.map((target) => target.stop()));
});

async function started(start: () => Promise<RedisTarget>): Promise<RedisTarget> {
  const target = await start();
  targets.push(target);
  return target;
}

/** What the definitions of the limits say to the same requests in the same order. */
function byDefinition(decided: readonly Decided[], policies: readonly LimitPolicy[]): LimitResult[] {
  const oracle = new RequestOracle(policies);
  return decided.map(({ request, at }) => {
    const { outcome, decisions } = oracle.decide(at.nowUs, request.cost, request.lease, at.policies);
    return {
      outcome,
      decisions: decisions.map((decision, index) => ({
        ...decision,
        policy: policies[index] as LimitPolicy,
        limit: sizeOf(at.policies[index] as LimitPolicy),
        counted: 'together',
      })),
    };
  });
}

describe.each(SHAPES)(
  'on $name, over three connections at once, with clocks that step back and live limits',
  ({ start }) => {
    let fakeRedis: FakeClockRedis;

    beforeAll(async () => {
      fakeRedis = await FakeClockRedis.on(await started(start));
    });

    it.each([...KINDS, ['several limits together', ANY] as const])(
      '%s decides as by its definition',
      async (_, limits) => {
        await fc.assert(
          fc.asyncProperty(limitTraffic({ limits }), async (traffic) => {
            const decided = await fakeRedis.decideAll(traffic);
            expect(decided.map(({ result }) => result)).toEqual(byDefinition(decided, traffic.policies));
          }),
          { numRuns: 120 },
        );
      },
    );
  },
);

describe('keys that expire', () => {
  it('change no decision of a clock that goes forward', async () => {
    const fakeRedis = await FakeClockRedis.on(await started(SINGLE.start), 'fake');
    await fc.assert(
      fc.asyncProperty(limitTraffic({ limits: ANY, back: false }), async (traffic) => {
        const decided = await fakeRedis.decideAll(traffic);
        expect(decided.map(({ result }) => result)).toEqual(byDefinition(decided, traffic.policies));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a limiter in memory', () => {
  const back = fc.oneof(exactWindow, bucket, concurrency);

  /** The same window on the other side of the exact limit, or on this one. */
  const acrossTheExactLimit = (policy: LimitPolicy) =>
    policy.kind === 'window'
      ? fc.constantFrom(100, EXACT_LIMIT, EXACT_LIMIT + 1, 5000).map((limit) => ({ ...policy, limit }))
      : otherNumbers(policy);

  it.each<[string, Omit<TrafficOptions, 'wholeMs'>]>([
    ['clocks that step back', { limits: back, back: true }],
    // In Redis the slices are those of its clock, which steps with it.
    ['sliced windows and clocks that go forward', { limits: ANY, back: false }],
    [
      'limits that change to either side of the exact limit',
      {
        limits: fc.oneof(exactWindow, slicedWindow),
        back: false,
        change: acrossTheExactLimit,
        changes: 3,
        maxCost: 100,
      },
    ],
  ])('decide as the script does: %s', async (_, options) => {
    const fakeRedis = await FakeClockRedis.on(await started(SINGLE.start));
    await fc.assert(
      fc.asyncProperty(limitTraffic({ ...options, wholeMs: true }), async (traffic) => {
        const clock = new TestClock();
        const memory = new MemoryLimiter({ clock: clock.now, shared: false, rules: NO_RULES });
        for (const { request, result, at } of await fakeRedis.decideAll(traffic)) {
          clock.nowMs = at.nowUs / 1000;
          const limits = request.limits.map((limit, index) => ({
            ...limit,
            policy: at.policies[index] as LimitPolicy,
          }));
          const { outcome, decisions } = await memory.decide({ ...request, limits });
          expect({
            outcome,
            decisions: decisions.map((decision, index) => ({ ...decision, policy: request.limits[index]?.policy })),
          }).toEqual(result);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('leases', () => {
  it('are never more than the limit, end by themselves and make room when they are given back', async () => {
    const fakeRedis = await FakeClockRedis.on(await started(SINGLE.start));
    const step = fc.record({ stepMs: fc.constantFrom(0, 0, 1, 300, 999, 1000), give: fc.option(fc.nat(9)) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), async (limit, steps) => {
        const client = fakeRedis.newClient();
        const policy = concurrencyLimit(limit, { leaseMs: 1000 });
        const request = (lease: string) => requestOf(client, [policy], 1, lease);
        let nowMs = Date.UTC(2026, 0, 1);
        let held: { readonly lease: string; readonly endsAtMs: number }[] = [];
        for (const [index, { stepMs, give }] of steps.entries()) {
          nowMs += stepMs;
          held = held.filter(({ endsAtMs }) => endsAtMs > nowMs);
          const given = give === null ? undefined : held[give];
          if (given !== undefined) {
            await fakeRedis.release(request(given.lease));
            held = held.filter((lease) => lease !== given);
          }
          const { outcome } = await fakeRedis.decide(nowMs * 1000, request(`${index}`));
          expect(outcome).toBe(held.length < limit ? 'allowed' : 'refused');
          if (outcome === 'allowed') held.push({ lease: `${index}`, endsAtMs: nowMs + 1000 });
          expect(held.length).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a sliced window', () => {
  const policy = windowLimit(2000, 1000);
  const startUs = Date.UTC(2026, 0, 1) * 1000;
  const full = requestOf('sub:jitter', [policy], policy.limit);
  const one = requestOf('sub:jitter', [policy]);

  it('does not pass more quickly because its clock steps back and forth over the edge of a slice', async () => {
    const fakeRedis = await FakeClockRedis.on(await started(SINGLE.start));
    expect(await fakeRedis.decide(startUs, full)).toMatchObject({ outcome: 'allowed' });
    for (let step = 0; step < 300; step += 1) {
      const nowUs = startUs - (step % 2 === 0 ? 1 : 0);
      expect([step, (await fakeRedis.decide(nowUs, one)).outcome]).toEqual([step, 'refused']);
    }
    const { decisions } = await fakeRedis.decide(startUs, one);
    const waitUs = (decisions[0]?.resetMs ?? 0) * 1000;
    expect(await fakeRedis.decide(startUs + waitUs - 1, one)).toMatchObject({ outcome: 'refused' });
    expect(await fakeRedis.decide(startUs + waitUs, full)).toMatchObject({ outcome: 'allowed' });
    expect(waitUs).toBeLessThanOrEqual(1_020_000);
  });
});

describe('an operator who changes a limit over the exact limit', () => {
  const DAY_US = 86_400_000_000;
  /** What remains of each limit after a request of this cost. */
  async function remaining(...requests: readonly { limit: number; cost: number; afterUs: number }[]) {
    const fakeRedis = await FakeClockRedis.on(await started(SINGLE.start));
    const client = fakeRedis.newClient();
    let nowUs = Date.UTC(2026, 0, 1) * 1000;
    const left: (number | undefined)[] = [];
    for (const { limit, cost, afterUs } of requests) {
      nowUs += afterUs;
      const limits = { client: { limit, ratePerS: null, untilMs: 0 } };
      const { decisions } = await fakeRedis.decide(nowUs, requestOf(client, [windowLimit(100, DAY_US / 1000)], cost), {
        [client]: encodeRule({ version: 1, revocation: null, limits }),
      });
      left.push(decisions[0]?.remaining);
    }
    return left;
  }

  it('takes over what still counts, and nothing else', async () => {
    const left = await remaining(
      { limit: 5000, cost: 900, afterUs: 0 },
      { limit: 5000, cost: 300, afterUs: 1.5 * DAY_US },
      { limit: 1000, cost: 200, afterUs: 0 },
      { limit: 900, cost: 1, afterUs: 0 },
      { limit: 1001, cost: 1, afterUs: 0 },
      { limit: 5000, cost: 1000, afterUs: 1.5 * DAY_US },
      { limit: 5000, cost: 1000, afterUs: 0 },
      { limit: 100, cost: 1, afterUs: 0 },
      { limit: 100, cost: 1, afterUs: 1.5 * DAY_US },
    );
    expect(left).toEqual([4100, 4700, 500, 399, 499, 4000, 3000, 0, 99]);
  });
});
