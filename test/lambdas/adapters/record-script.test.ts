import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RECORD_SCRIPT } from '../../../lambdas/adapters/record-script.ts';
import type { OutcomeCounts } from '../../../lambdas/core/outcome.ts';
import { OutcomeWindow } from '../../../lambdas/core/outcome-window.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { onToldClock, tell } from '../../support/told-clock.ts';
import { OutcomeOracle } from '../../support/window-oracle.ts';

const RECORD = onToldClock(RECORD_SCRIPT);

interface Outcome {
  readonly failed: boolean;
  readonly nowMs: number;
}

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
  return `outcomes-${keys}`;
}

async function record(key: string, windowMs: number, outcomes: readonly Outcome[]): Promise<OutcomeCounts[]> {
  await tell(
    redis,
    key,
    outcomes.map(({ nowMs }) => ({ nowUs: nowMs * 1000 + 999 })),
  );
  const sha = (await redis.script('LOAD', RECORD)) as string;
  const pipeline = redis.pipeline();
  for (const { failed } of outcomes) pipeline.evalsha(sha, 1, key, failed ? 1 : 0, windowMs);
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    const [total, failures] = reply as [number, number];
    return { total, failures };
  });
}

describe('the script that records outcomes', () => {
  it('counts as the list of all outcomes would, and as the window in memory does', async () => {
    const step = fc.record({ stepMs: fc.integer({ min: -300, max: 900 }), failed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1000, 10_000, 333, 3_600_000),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        async (windowMs, steps) => {
          let nowMs = Date.UTC(2026, 0, 1);
          const outcomes = steps.map(({ stepMs, failed }) => {
            nowMs += stepMs;
            return { failed, nowMs };
          });
          const counts = await record(newKey(), windowMs, outcomes);
          const [window, oracle] = [new OutcomeWindow(windowMs), new OutcomeOracle(windowMs)];
          expect(counts).toEqual(outcomes.map((outcome) => oracle.record(outcome.failed, outcome.nowMs)));
          expect(counts).toEqual(outcomes.map((outcome) => window.record(outcome.failed, outcome.nowMs)));
        },
      ),
    );
  });

  it('keeps no more slices than the window has, however long it goes on', async () => {
    const key = newKey();
    const outcomes = Array.from({ length: 200 }, (_, index) => ({ failed: true, nowMs: 1_000_000_000 + index * 90 }));
    await record(key, 1000, outcomes);
    expect(await redis.hlen(key)).toBeLessThanOrEqual(20);
  });

  it('leaves nothing behind in Redis after the window', async () => {
    const key = newKey();
    await redis.eval(RECORD_SCRIPT, 1, key, '1', 10_000);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(10_000);
    expect(await redis.pttl(key)).toBeGreaterThan(5000);
  });
});
