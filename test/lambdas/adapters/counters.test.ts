import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCounters } from '../../../lambdas/adapters/counters.ts';
import { STORE_COOLDOWN_MS } from '../../../lambdas/adapters/fallback-counters.ts';
import { MemoryCounters } from '../../../lambdas/adapters/memory-counters.ts';
import type { Counters } from '../../../lambdas/core/counters.ts';
import { TestClock } from '../../support/clock.ts';
import { captureLines } from '../../support/lines.ts';
import { freePort, startRedis } from '../../support/redis.ts';

const POLICY = { limit: 100, windowMs: 3_600_000 };

let clock: TestClock;
let failures: number;
let output: ReturnType<typeof captureLines>;

beforeEach(() => {
  clock = new TestClock();
  failures = 0;
  output = captureLines();
});
afterEach(() => output.restore());

function create(env: NodeJS.ProcessEnv): Counters {
  return createCounters(env, {
    clock: clock.now,
    monotonic: clock.now,
    onFailure: () => {
      failures += 1;
    },
  });
}

describe('createCounters', () => {
  it.each([{}, { TOLLGATE_REDIS_URL: '' }])('counts in memory where %o names no Redis', (env) => {
    expect(create(env)).toBeInstanceOf(MemoryCounters);
  });

  it('says once that Redis is lost and once that it is back, and counts each failed call', async () => {
    const port = await freePort();
    const counters = create({ TOLLGATE_REDIS_URL: `redis://127.0.0.1:${port}` });
    await Promise.all([counters.decide('alice', POLICY), counters.decide('alice', POLICY)]);
    expect(failures).toBe(2);
    expect(output.lines).toEqual([
      {
        message: 'redis lost: limits are counted in this environment alone',
        error: expect.stringContaining('enableOfflineQueue'),
      },
    ]);

    const server = await startRedis({ port });
    await vi.waitFor(
      async () => {
        clock.advance(STORE_COOLDOWN_MS);
        await counters.decide('alice', POLICY);
        expect(output.lines).toHaveLength(2);
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(output.lines[1]).toEqual({ message: 'redis recovered: limits are counted together again' });
    await server.stop();
  });

  it('writes no password of the URL into the log', async () => {
    const counters = create({ TOLLGATE_REDIS_URL: `redis://user:s3cret@127.0.0.1:${await freePort()}` });
    await counters.decide('alice', POLICY);
    expect(JSON.stringify(output.lines)).not.toContain('s3cret');
  });
});
