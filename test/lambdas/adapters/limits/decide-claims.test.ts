import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMIT_BOUNDS } from '../../../../lambdas/contract/limits/limit-bounds.ts';
import type { BucketLimit, WindowLimit } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { sizeOf } from '../../../../lambdas/core/limits/kinds/kind-table.ts';
import { EXACT_LIMIT } from '../../../../lambdas/core/limits/kinds/sliding-window.ts';
import { type Admission, mostWithin, unitsBefore } from '../../../support/circuit/admissions.ts';
import { rateOf } from '../../../support/limits/bucket-oracle.ts';
import { bucket, limitTraffic } from '../../../support/limits/limit-traffic.ts';
import { exactWindow, slicedWindow } from '../../../support/limits/window-traffic.ts';
import { type Decided, FakeClockRedis } from '../../../support/redis/fake-clock-redis.ts';
import { type RedisTarget, SHAPES } from '../../../support/redis/redis-target.ts';

// What is promised of each limit, in microseconds and without a look at how the script keeps count.

interface Judged {
  readonly cost: number;
  readonly atUs: number;
  readonly allowed: boolean;
  /** The limit in force. */
  readonly limit: number;
  /** What was admitted before, oldest first. */
  readonly before: readonly Admission[];
}

function judged(decided: readonly Decided[]): Judged[] {
  const admitted: Admission[] = [];
  return decided.map(({ request: { cost }, result, at }) => {
    const before = [...admitted];
    const allowed = result.outcome === 'allowed';
    if (allowed) admitted.push({ atUs: at.nowUs, units: cost });
    const [policy] = at.policies;
    return { cost, atUs: at.nowUs, allowed, limit: policy === undefined ? 0 : sizeOf(policy), before };
  });
}

function admissionsOf(all: readonly Judged[]): Admission[] {
  return all.filter(({ allowed }) => allowed).map(({ atUs, cost }) => ({ atUs, units: cost }));
}

/** What was admitted, by a clock that stands still until the real one has stopped stepping back. */
function standingStill(all: readonly Judged[]): { readonly admitted: Admission[]; readonly stepsBack: number } {
  let [nowUs, lastUs, stepsBack] = [0, 0, 0];
  const stood = all.map((one) => {
    nowUs += Math.max(0, one.atUs - lastUs);
    if (one.atUs < lastUs) stepsBack += 1;
    lastUs = one.atUs;
    return { ...one, atUs: nowUs };
  });
  return { admitted: admissionsOf(stood), stepsBack };
}

/** For how long at most a unit counts. */
function countedUs({ limit, windowMs }: WindowLimit): number {
  if (limit <= EXACT_LIMIT) return (windowMs + 1) * 1000;
  // Where a hundred slices divide the window, 1.01 windows; never more than 1.02 windows and 2 ms.
  const sliceMs = Math.ceil(windowMs / 100);
  return (Math.ceil(windowMs / sliceMs) + 1) * sliceMs * 1000;
}

const FORWARD = { back: false, maxLimits: 1 };
const unshadowed = <T extends { readonly shadow: boolean }>(limits: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  limits.map((limit) => ({ ...limit, shadow: false }));

describe.each(SHAPES)('on $name', ({ start }) => {
  let target: RedisTarget;
  let fakeRedis: FakeClockRedis;

  beforeAll(async () => {
    target = await start();
    fakeRedis = await FakeClockRedis.on(target);
  });
  afterAll(() => target.stop());

  it.each([
    ['an exact window', unshadowed(exactWindow)],
    ['a sliced window', unshadowed(slicedWindow)],
  ])(
    'no interval of its length holds more than the limit of %s, and nobody is refused for what is older',
    async (_, windows) => {
      await fc.assert(
        fc.asyncProperty(limitTraffic({ ...FORWARD, limits: windows, change: null }), async (traffic) => {
          const [policy] = traffic.policies as [WindowLimit];
          const all = judged(await fakeRedis.decideAll(traffic));
          expect(mostWithin(policy.windowMs * 1000, admissionsOf(all))).toBeLessThanOrEqual(policy.limit);
          for (const { allowed, cost, atUs, before } of all) {
            if (!allowed) expect(unitsBefore(atUs, countedUs(policy), before) + cost).toBeGreaterThan(policy.limit);
          }
        }),
        { numRuns: 100 },
      );
    },
  );

  it.each([
    // A step back may fall into the middle of a millisecond.
    ['an exact window', unshadowed(exactWindow), 1000],
    ['a sliced window', unshadowed(slicedWindow), 0],
  ])(
    'that holds of %s as well where the clock steps back, if it is taken to have stood still meanwhile',
    async (_, windows, lostUs) => {
      await fc.assert(
        fc.asyncProperty(limitTraffic({ limits: windows, maxLimits: 1, change: null }), async (traffic) => {
          const [policy] = traffic.policies as [WindowLimit];
          const { admitted, stepsBack } = standingStill(judged(await fakeRedis.decideAll(traffic)));
          const lengthUs = policy.windowMs * 1000 - stepsBack * lostUs;
          expect(mostWithin(lengthUs, admitted)).toBeLessThanOrEqual(policy.limit);
        }),
        { numRuns: 100 },
      );
    },
  );

  it('a token bucket never lets pass more than its burst and what has come in since', async () => {
    await fc.assert(
      fc.asyncProperty(limitTraffic({ ...FORWARD, limits: unshadowed(bucket), change: null }), async (traffic) => {
        const [{ burst, ratePerS }] = traffic.policies as [BucketLimit];
        const { units, seconds } = rateOf(ratePerS);
        const admitted = admissionsOf(judged(await fakeRedis.decideAll(traffic)));
        for (const [index, { atUs: fromUs }] of admitted.entries()) {
          let passed = 0n;
          for (const { atUs, units: cost } of admitted.slice(index)) {
            passed += BigInt(cost);
            const comeIn = BigInt(atUs - fromUs) * units;
            expect((passed - BigInt(burst)) * seconds * 1_000_000n <= comeIn).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of a window whose limit an operator changes over the exact limit and back, the interval that ends with a request holds no more than the limit then in force, and who waits for it is let in', async () => {
    const change = (policy: WindowLimit) =>
      fc
        .constantFrom(1, 5, 400, EXACT_LIMIT - 1, EXACT_LIMIT, EXACT_LIMIT + 1, 1500, 5000)
        .map((limit) => ({ ...policy, limit }));
    const limits = fc
      .constantFrom(1000, 1099, 60_000, 70_000, 86_400_000)
      .chain((windowMs) => unshadowed(exactWindow).map((policy) => ({ ...policy, windowMs })))
      .chain(change);
    await fc.assert(
      fc.asyncProperty(
        limitTraffic({
          ...FORWARD,
          limits,
          change: (policy) => change(policy as WindowLimit),
          changes: 3,
          maxCost: LIMIT_BOUNDS.cost.max,
        }),
        async (traffic) => {
          const [{ windowMs }] = traffic.policies as [WindowLimit];
          for (const { allowed, cost, atUs, limit, before } of judged(await fakeRedis.decideAll(traffic))) {
            if (allowed) {
              expect(unitsBefore(atUs, windowMs * 1000 + 1, before) + cost).toBeLessThanOrEqual(limit);
            } else if (cost <= limit) {
              const last = before.at(-1)?.atUs ?? Number.NEGATIVE_INFINITY;
              expect(atUs - last).toBeLessThan(1.02 * windowMs * 1000 + 2000);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
