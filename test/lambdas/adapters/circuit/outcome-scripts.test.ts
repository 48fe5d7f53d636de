import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { END_SCRIPT, RECORD_SCRIPT, RETRY_SCRIPT } from '../../../../lambdas/adapters/circuit/outcome-scripts.ts';
import { NO_OUTCOMES, type OutcomeCounts } from '../../../../lambdas/core/circuit/outcome.ts';
import { OutcomeWindow, SLICES } from '../../../../lambdas/core/circuit/outcome-window.ts';
import { allowsRetry, FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import { FAILED, GOOD, outcomeCounts, SLOW } from '../../../support/circuit/outcomes.ts';
import { OutcomeOracle } from '../../../support/limits/window-oracle.ts';
import { onFakeClock, setTicks } from '../../../support/redis/fake-clock.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** Total, failures, slow ones and retries of each slice, of one more while it begins, and who ended the period. */
const MOST_FIELDS = 4 * (SLICES + 1) + 1;

type Call = { readonly nowMs: number } & ({ readonly outcomes: OutcomeCounts } | { readonly share: number });

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

/** All calls at their times. @returns their replies */
async function callAll(key: string, windowMs: number, calls: readonly Call[]): Promise<unknown[]> {
  await setTicks(
    redis,
    key,
    calls.map(({ nowMs }) => ({ nowUs: nowMs * 1000 + 999 })),
  );
  const [record, retry] = (await Promise.all(
    [RECORD_SCRIPT, RETRY_SCRIPT].map((script) => redis.script('LOAD', onFakeClock(script))),
  )) as [string, string];
  const pipeline = redis.pipeline();
  for (const call of calls) {
    if ('share' in call) pipeline.evalsha(retry, 1, key, windowMs, call.share, FREE_RETRIES);
    else {
      const { total, failures, slow } = call.outcomes;
      pipeline.evalsha(record, 1, key, windowMs, total, failures, slow);
    }
  }
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

/** The same calls at times that follow on each other by these steps. */
function atSteps<T extends object>(steps: readonly (T & { readonly stepMs: number })[]): (T & { nowMs: number })[] {
  let nowMs = START_MS;
  return steps.map((step) => {
    nowMs += step.stepMs;
    return { ...step, nowMs };
  });
}

const end = (key: string, version: number, windowMs = 10_000) => redis.eval(END_SCRIPT, 1, key, windowMs, version);
const record = (key: string, { total, failures, slow }: OutcomeCounts, windowMs = 10_000) =>
  redis.eval(RECORD_SCRIPT, 1, key, windowMs, total, failures, slow);
const retry = (key: string, share: number) => redis.eval(RETRY_SCRIPT, 1, key, 10_000, share, FREE_RETRIES);

describe('the script that records outcomes', () => {
  it('counts as the list of all outcomes would, and as the window in memory does', async () => {
    const steps = fc.array(fc.record({ stepMs: fc.integer({ min: -100, max: 900 }), outcomes: outcomeCounts }), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1000, 10_000, 3333, 3_600_000), steps, async (windowMs, told) => {
        const calls = atSteps(told);
        const replies = (await callAll(newKey(), windowMs, calls)) as number[][];
        const [window, oracle] = [new OutcomeWindow(windowMs), new OutcomeOracle(windowMs)];
        for (const [index, { outcomes, nowMs }] of calls.entries()) {
          const [total, failures, slow, endedBy] = replies[index] ?? [];
          const expected = oracle.record(outcomes, nowMs);
          expect(window.record(outcomes, nowMs)).toEqual(expected);
          expect(endedBy).toBe(0);
          // Where nothing bad is among what was recorded, nothing needs to be summed up.
          if (outcomes.failures + outcomes.slow === 0 && total === 0) continue;
          expect({ total, failures, slow }).toEqual(expected);
        }
      }),
    );
  });

  it('keeps no more than the window’s slices, however long it goes on', async () => {
    const key = newKey();
    const kinds = [{ outcomes: FAILED }, { share: 1 }, { outcomes: SLOW }, { outcomes: GOOD }, { share: 1 }];
    const steps = Array.from({ length: 500 }, (_, index) => ({ ...(kinds[index % 5] as { share: 1 }), stepMs: 37 }));
    await callAll(key, 1000, atSteps(steps));
    await end(key, 7);
    expect(await redis.hlen(key)).toBeLessThanOrEqual(MOST_FIELDS);
  });

  it('keeps no more of a service without a failure either', async () => {
    const key = newKey();
    const steps = Array.from({ length: 500 }, () => ({ outcomes: GOOD, stepMs: 37 }));
    await callAll(key, 1000, atSteps(steps));
    expect(await redis.hlen(key)).toBeLessThanOrEqual(SLICES);
  });

  it('leaves nothing behind in Redis after the window', async () => {
    for (const leave of [record, (key: string) => end(key, 1), (key: string) => retry(key, 0.1)]) {
      const key = newKey();
      await leave(key, FAILED);
      expect(await redis.pttl(key)).toBeLessThanOrEqual(10_000);
      expect(await redis.pttl(key)).toBeGreaterThan(5000);
    }
  });
});

describe('the script that ends a period', () => {
  it.each([
    ['good', GOOD],
    ['failed', FAILED],
    ['slow', SLOW],
  ])('tells all who record from then on, also %s ones', async (_, outcomes) => {
    const key = newKey();
    for (let index = 0; index < 3; index += 1) expect(await record(key, outcomes)).toMatchObject({ 3: 0 });
    expect(await end(key, 8)).toBe(8);
    for (let index = 0; index < 30; index += 1) expect(await record(key, outcomes)).toMatchObject({ 3: 8 });
  });

  it('tells the first one who records, too', async () => {
    const key = newKey();
    await end(key, 8);
    expect(await record(key, GOOD)).toEqual([1, 0, 0, 8, 0]);
  });

  it('has its word for as long as somebody records', async () => {
    const key = newKey();
    await end(key, 8);
    const steps = Array.from({ length: 100 }, (_, index) => ({ outcomes: index % 2 ? GOOD : FAILED, stepMs: 90 }));
    const replies = (await callAll(key, 1000, atSteps(steps))) as number[][];
    expect(new Set(replies.map(([, , , endedBy]) => endedBy))).toEqual(new Set([8]));
  });
});

describe('the script that takes a further attempt', () => {
  it('gives as many as the list of all attempts and requests would', async () => {
    const step = fc.oneof(
      fc.record({ stepMs: fc.nat(400), outcomes: outcomeCounts }),
      fc.record({ stepMs: fc.nat(400), share: fc.constantFrom(0.1, 0.25, 1) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const calls = atSteps(steps);
        const replies = await callAll(newKey(), 1000, calls);
        const [requests, retries] = [new OutcomeOracle(1000), new OutcomeOracle(1000)];
        for (const [index, call] of calls.entries()) {
          if ('outcomes' in call) {
            requests.record(call.outcomes, call.nowMs);
            continue;
          }
          const { total } = requests.record(NO_OUTCOMES, call.nowMs);
          const taken = retries.record(NO_OUTCOMES, call.nowMs).total;
          const isAllowed = allowsRetry(taken, total, call.share);
          expect(replies[index]).toBe(isAllowed ? 1 : 0);
          if (isAllowed) retries.record(GOOD, call.nowMs);
        }
      }),
    );
  });

  it('counts them apart from the outcomes', async () => {
    const key = newKey();
    for (let index = 0; index < FREE_RETRIES; index += 1) expect(await retry(key, 0.1)).toBe(1);
    expect(await retry(key, 0.1)).toBe(0);
    expect(await record(key, FAILED)).toEqual([1, 1, 0, 0, 0]);
    expect(await record(key, { total: 39, failures: 0, slow: 1 })).toEqual([40, 1, 1, 0, 0]);
    expect([await retry(key, 0.1), await retry(key, 0.1)]).toEqual([1, 0]);
  });

  it('gives none in a period that is over: the upstream is in invalidate', async () => {
    const key = newKey();
    await end(key, 8);
    await record(key, { total: 1000, failures: 0, slow: 0 });
    expect(await retry(key, 1)).toBe(0);
  });
});

describe('each reply', () => {
  it('says how many requests the slice before has counted, whatever was recorded', async () => {
    const key = newKey();
    const at = (slice: number, outcomes: OutcomeCounts) => ({ nowMs: START_MS + 1000 * slice, outcomes });
    const calls = [at(0, { ...GOOD, total: 7 }), at(1, GOOD), at(1, GOOD), at(1, FAILED), at(3, GOOD), at(3, GOOD)];
    const replies = (await callAll(key, 10_000, calls)) as number[][];
    expect(replies.map((reply) => reply[4])).toEqual([0, 7, 7, 7, 0, 0]);
  });
});

describe('what somebody else put under a period', () => {
  const record = (key: string, outcomes: OutcomeCounts) =>
    redis.eval(RECORD_SCRIPT, 1, key, 10_000, outcomes.total, outcomes.failures, outcomes.slow);
  const slices = () => Array.from({ length: 3 }, (_, next) => Math.floor(Date.now() / 1000) + next);

  it.each<[string, (key: string) => Promise<unknown>]>([
    ['a text', (key) => redis.set(key, 'x')],
    ['a list', (key) => redis.rpush(key, 'x')],
    ['counters that are texts', (key) => redis.hset(key, ...slices().flatMap((slice) => [`${slice}t`, 'many']))],
    [
      'counters that are full',
      (key) => redis.hset(key, ...slices().flatMap((slice) => [`${slice}t`, `${2n ** 63n - 1n}`])),
    ],
    ['an end that is no version', (key) => redis.hset(key, 'ended', 'abc')],
    ['an end beyond all versions', (key) => redis.hset(key, 'ended', '1e300')],
    ['fields of another kind', (key) => redis.hset(key, 'x', '5', '12', 'y', '9z', '7')],
    [
      'more fields than there can be',
      (key) => redis.hset(key, Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x${i}`, '1']))),
    ],
  ])('%s, is not counted, and the outcomes are', async (_, put) => {
    const key = newKey();
    await put(key);
    await record(key, FAILED);
    const reply = (await record(key, FAILED)) as number[];
    expect(reply[1]).toBeGreaterThanOrEqual(1);
    expect(reply).toEqual([reply[1], reply[1], 0, 0, reply[4]]);
    expect(await redis.pttl(key)).toBeGreaterThan(0);
    expect(await redis.hlen(key)).toBeLessThanOrEqual(MOST_FIELDS);
  });
});
