import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestKeys } from '../../../../lambdas/adapters/limits/limit-keys.ts';
import type { RedisClient } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { Attackers } from '../../../support/attackers.ts';
import { mostWithin, unitsBefore } from '../../../support/circuit/admissions.ts';
import { requestOf } from '../../../support/limits/redis-limiter.ts';
import { bucketLimit, concurrencyLimit, servicePolicy, windowLimit } from '../../../support/policy.ts';
import { decidedAt } from '../../../support/redis/recorded-script.ts';
import { type RedisTarget, SHAPES } from '../../../support/redis/redis-target.ts';
import type { Victim } from './knocking-process.ts';

const HOUR_MS = 3_600_000;

function keyOf({ client, policies }: Victim): string {
  return requestKeys(servicePolicy())(requestOf(client, policies))[1] as string;
}

describe.each(SHAPES)('eight processes with wrong clocks attack $name:', ({ start }) => {
  let target: RedisTarget;
  let redis: RedisClient;
  let attackers: Attackers;

  beforeAll(async () => {
    target = await start();
    redis = await target.connect();
    attackers = await Attackers.start(target.endpoint);
  });
  afterAll(async () => {
    await attackers.stop();
    await target.stop();
  });

  it('of 8,000 calls at one key, in bursts and one by one, exactly the limit is admitted', async () => {
    const victim = { client: 'sub:one', policies: [windowLimit(100, HOUR_MS)], cost: 1 };
    expect(await attackers.attack([victim], 1000, 'burst', 'drip')).toEqual({ 'sub:one': 100 });
    expect(await decidedAt(redis, keyOf(victim))).toHaveLength(8000);
  });

  it.each<[string, number, number, readonly LimitPolicy[]]>([
    ['above the exact limit', 50, 60, [windowLimit(3000, HOUR_MS)]],
    ['of units, where a request has several', 7, 14, [windowLimit(100, HOUR_MS)]],
    ['of a bucket that fills slowly', 1, 40, [bucketLimit(1 / 86_400, 40)]],
    ['of requests under way', 1, 25, [concurrencyLimit(25, { leaseMs: 60_000 })]],
    [
      'that is the tightest of several, whatever those on trial say,',
      2,
      33,
      [
        windowLimit(10, HOUR_MS, { name: 'trial', shadow: true }),
        windowLimit(200, HOUR_MS),
        windowLimit(5000, HOUR_MS, { name: 'wide' }),
        bucketLimit(1 / 86_400, 66),
        concurrencyLimit(90, { leaseMs: 60_000 }),
      ],
    ],
  ])('exactly the limit %s is admitted', async (name, cost, expected, policies) => {
    const client = `sub:${name}`;
    const admitted = await attackers.attack([{ client, policies, cost }], 60, 'burst', 'drip');
    expect(admitted).toEqual({ [client]: expected });
  });

  it('exactly the limit of each client is admitted, where there are many', async () => {
    const clients = Array.from({ length: 48 }, (_, index) => `sub:many-${index}`);
    const victims = clients.map((client) => ({ client, policies: [windowLimit(11, HOUR_MS)], cost: 1 }));
    expect(await attackers.attack(victims, 480, 'burst', 'drip')).toEqual(
      Object.fromEntries(clients.map((client) => [client, 11])),
    );
  });

  it('over the edges of several windows, no interval of their length holds more than the limit, and nobody is refused for what is older', async () => {
    const exact = { policy: windowLimit(40, 1000), cost: 1, countedMs: 1001 };
    const sliced = { policy: windowLimit(1500, 1000), cost: 37, countedMs: 1010 };
    const windows = [exact, sliced].map(({ policy, cost, countedMs }) => ({
      victim: { client: `sub:${policy.limit}`, policies: [policy], cost },
      policy,
      countedMs,
    }));
    await attackers.attack(
      windows.map(({ victim }) => victim),
      400,
      'edges',
      'trickle',
    );
    for (const { victim, policy, countedMs } of windows) {
      const decided = await decidedAt(redis, keyOf(victim));
      expect(decided).toHaveLength((8 * 400) / 2);
      const [admitted, refused] = [true, false].map((allowed) => decided.filter((each) => each.allowed === allowed));
      expect(mostWithin(policy.windowMs * 1000, admitted ?? [])).toBeLessThanOrEqual(policy.limit);
      expect(refused).not.toHaveLength(0);
      for (const { atUs, units } of refused ?? []) {
        expect(unitsBefore(atUs, countedMs * 1000, admitted ?? []) + units).toBeGreaterThan(policy.limit);
      }
    }
  });
});
