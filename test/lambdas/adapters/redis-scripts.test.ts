import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DECIDE_SCRIPT, RECORD_SCRIPT } from '../../../lambdas/adapters/redis-scripts.ts';
import type { RateLimitPolicy } from '../../../lambdas/contract/policy.ts';
import type { Decision } from '../../../lambdas/core/decision.ts';
import type { OutcomeCounts } from '../../../lambdas/core/outcome.ts';
import { OutcomeWindow } from '../../../lambdas/core/outcome-window.ts';
import { SlidingWindow } from '../../../lambdas/core/sliding-window.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { OutcomeOracle, WindowOracle } from '../../support/window-oracle.ts';
import { clockReadings, windowTraffic } from '../../support/window-traffic.ts';

let server: TestRedis;
let redis: Redis;
let keys = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function newKey(): string {
  keys += 1;
  return `key-${keys}`;
}

/** The script on a clock that the test tells; the key's own expiry, which runs on the real one, is put off. */
function onToldClock(script: string): string {
  const told = script
    .replace("redis.call('TIME')", '{ ARGV[3], ARGV[4] }')
    .replace("redis.call('PEXPIRE', key, window)", "redis.call('PEXPIRE', key, 3600000)");
  if (told.includes("'TIME'") || !told.includes('3600000')) throw new Error('the script tells its time in another way');
  return told;
}

const DECIDE = onToldClock(DECIDE_SCRIPT);
const RECORD = onToldClock(RECORD_SCRIPT);

/** Seconds and microseconds, as TIME gives them. */
function time(nowMs: number): [string, string] {
  return [String(Math.floor(nowMs / 1000)), String((nowMs % 1000) * 1000 + 999)];
}

async function replies(script: string, calls: readonly (string | number)[][]): Promise<number[][]> {
  const sha = (await redis.script('LOAD', script)) as string;
  const pipeline = redis.pipeline();
  for (const [key = '', ...args] of calls) pipeline.evalsha(sha, 1, key, ...args);
  const results = await pipeline.exec();
  return (results ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply as number[];
  });
}

async function decide(
  { limit, windowMs }: RateLimitPolicy,
  readings: readonly number[],
  key = newKey(),
): Promise<Decision[]> {
  const decided = await replies(
    DECIDE,
    readings.map((nowMs) => [key, limit, windowMs, ...time(nowMs)]),
  );
  return decided.map(([allowed, remaining = Number.NaN, resetMs = Number.NaN]) => ({
    allowed: allowed === 1,
    limit,
    remaining,
    resetMs,
  }));
}

describe('the script that decides', () => {
  it('decides as the list of all admitted times would, and as the window in memory does', async () => {
    await fc.assert(
      fc.asyncProperty(windowTraffic([1, 2, 3, 7, 100, 1000]), async (traffic) => {
        const readings = clockReadings(traffic);
        const [window, oracle] = [new SlidingWindow(traffic), new WindowOracle(traffic)];
        const decided = await decide(traffic, readings);
        expect(decided).toEqual(readings.map((nowMs) => oracle.decide(nowMs)));
        expect(decided).toEqual(readings.map((nowMs) => window.decide(nowMs)));
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the order of its ring over many turns', async () => {
    const policy = { limit: 3, windowMs: 1000 };
    const readings = Array.from({ length: 500 }, (_, index) => 1_000_000 + index * 170);
    const oracle = new WindowOracle(policy);
    expect(await decide(policy, readings)).toEqual(readings.map((nowMs) => oracle.decide(nowMs)));
  });

  it('tells time until the year 2262', async () => {
    const policy = { limit: 2, windowMs: 1000 };
    const farMs = Date.UTC(2262, 0, 1);
    expect(await decide(policy, [farMs, farMs, farMs + 999, farMs + 1000])).toMatchObject([
      { allowed: true },
      { allowed: true },
      { allowed: false, resetMs: 1 },
      { allowed: true },
    ]);
  });

  it('writes nothing for a refused request', async () => {
    const key = newKey();
    const policy = { limit: 1, windowMs: 60_000 };
    await decide(policy, [1_000_000], key);
    const before = await redis.getBuffer(key);
    await decide(policy, [1_000_001, 1_000_002], key);
    expect(await redis.getBuffer(key)).toEqual(before);
  });

  it('leaves nothing behind in Redis once the last admitted request has left the window', async () => {
    const key = newKey();
    await redis.eval(DECIDE_SCRIPT, 1, key, 5, 60_000);
    const ttlMs = await redis.pttl(key);
    expect(ttlMs).toBeGreaterThan(50_000);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
  });

  it("counts on Redis's own clock", async () => {
    const key = newKey();
    await redis.eval(DECIDE_SCRIPT, 1, key, 5, 60_000);
    const [seconds, microseconds] = await redis.time();
    const nowMs = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
    const stored = (await redis.getBuffer(key))?.readUIntBE(4, 6) ?? 0;
    expect(nowMs - stored).toBeGreaterThanOrEqual(0);
    expect(nowMs - stored).toBeLessThan(5000);
  });

  it('fails, instead of deciding wrongly, on a key that holds something else', async () => {
    const key = newKey();
    await redis.lpush(key, 'x');
    await expect(redis.eval(DECIDE_SCRIPT, 1, key, 5, 60_000)).rejects.toThrow('WRONGTYPE');
  });
});

describe('the script that records outcomes', () => {
  it('counts as the list of all outcomes would, and as the window in memory does', async () => {
    const outcome = fc.record({ stepMs: fc.integer({ min: -300, max: 900 }), failed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1000, 10_000, 333, 3_600_000),
        fc.array(outcome, { minLength: 1, maxLength: 60 }),
        async (windowMs, outcomes) => {
          const key = newKey();
          let nowMs = Date.UTC(2026, 0, 1);
          const calls = outcomes.map(({ stepMs, failed }) => {
            nowMs += stepMs;
            return { failed, nowMs };
          });
          const recorded = await replies(
            RECORD,
            calls.map((call) => [key, call.failed ? 1 : 0, windowMs, ...time(call.nowMs)]),
          );
          const counts = recorded.map(([total, failures]) => ({ total, failures }) as OutcomeCounts);
          const [window, oracle] = [new OutcomeWindow(windowMs), new OutcomeOracle(windowMs)];
          expect(counts).toEqual(calls.map((call) => oracle.record(call.failed, call.nowMs)));
          expect(counts).toEqual(calls.map((call) => window.record(call.failed, call.nowMs)));
        },
      ),
    );
  });

  it('keeps no more slices than the window has, however long it goes on', async () => {
    const key = newKey();
    const calls = Array.from({ length: 200 }, (_, index) => [key, 1, 1000, ...time(1_000_000_000 + index * 90)]);
    await replies(RECORD, calls);
    expect(await redis.hlen(key)).toBeLessThanOrEqual(20);
  });

  it('leaves nothing behind in Redis after the window', async () => {
    const key = newKey();
    await redis.eval(RECORD_SCRIPT, 1, key, '1', 10_000);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(10_000);
    expect(await redis.pttl(key)).toBeGreaterThan(5000);
  });
});
