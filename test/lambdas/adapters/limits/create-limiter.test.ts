import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectRedis } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { PAUSES } from '../../../../lambdas/adapters/redis/store-breaker.ts';
import { Env } from '../../../../lambdas/contract/environment.ts';
import type { Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { FREE_RETRIES } from '../../../../lambdas/core/circuit/retry-budget.ts';
import { noRule } from '../../../../lambdas/core/limits/rule-matching.ts';
import { FAILED } from '../../../support/circuit/outcomes.ts';
import { TestClock } from '../../../support/clock.ts';
import { closersOf } from '../../../support/closers.ts';
import { type Counters, productionCounters } from '../../../support/counters.ts';
import { captureLines } from '../../../support/lines.ts';
import { servicePolicy, windowLimit } from '../../../support/policy.ts';
import { freePort, startRedis } from '../../../support/redis/redis.ts';
import { limitRequest } from '../../../support/requests.ts';

const LIMIT = windowLimit(100, 3_600_000);
const LOST = 'redis lost: limits are counted in this instance alone, as each of them says';
const RECOVERED = { message: 'redis recovered: limits are counted together again' };

const closers = closersOf();
let clock: TestClock;
let failures: number;
let changes: string[];
let rules: readonly Rule[] | Error;
let output: ReturnType<typeof captureLines>;

beforeEach(() => {
  clock = new TestClock();
  failures = 0;
  changes = [];
  rules = [];
  output = captureLines();
});
afterEach(() => output.restore());

function create(env: NodeJS.ProcessEnv): Counters {
  return productionCounters({
    env,
    policy: servicePolicy(),
    listRules: async () => {
      if (rules instanceof Error) throw rules;
      return rules;
    },
    clock: clock.now,
    monotonic: clock.now,
    onFailure: () => {
      failures += 1;
    },
    onChange: (change) => changes.push(change),
    connect: (endpoint, onError) => {
      const client = connectRedis(endpoint, onError);
      closers.push(() => client.disconnect());
      return client;
    },
  });
}

const decide = (counters: Counters) => counters.limiter.decide(limitRequest([LIMIT]));

/** A server's end and a new one's start at the same port, told as the test wants. */
async function environmentOfNoServer() {
  const port = await freePort();
  const counters = create({ [Env.redisUrl]: `redis://127.0.0.1:${port}` });
  return { port, counters };
}

async function untilRecovered(counters: Counters): Promise<void> {
  await vi.waitFor(
    async () => {
      clock.advance(PAUSES.longest);
      await decide(counters);
      expect(changes.at(-1)).toBe('recovered');
    },
    { timeout: 15_000, interval: 20 },
  );
}

describe.each([[{}], [{ [Env.redisUrl]: '' }]])('where %o names no Redis', (env) => {
  it('limits hold as a whole in memory', async () => {
    const result = await decide(create(env));
    expect(result).toMatchObject({
      outcome: 'allowed',
      decisions: [{ limit: 100, remaining: 99, counted: 'together' }],
    });
    expect([failures, changes, output.lines]).toEqual([0, [], []]);
  });

  it('a limit that closes without Redis counts', async () => {
    const closing = windowLimit(1, 1000, { onStoreFailure: 'closed' });
    const counters = create(env);
    expect(await counters.limiter.decide(limitRequest([closing]))).toMatchObject({ outcome: 'allowed' });
    expect(await counters.limiter.decide(limitRequest([closing]))).toMatchObject({ outcome: 'refused' });
  });

  it('what operators said comes from the table', async () => {
    rules = [
      { ...noRule('sub:alice'), version: 1, limits: { client: { limit: 7, ratePerS: null, untilMs: 0 } } },
      { ...noRule('sub:mallory'), version: 1, revocation: { untilMs: 0, reason: '' } },
    ];
    const counters = create(env);
    expect(await decide(counters)).toMatchObject({ decisions: [{ limit: 7, remaining: 6 }] });
    const mallory = limitRequest([LIMIT], { identity: { client: 'sub:mallory' } });
    expect(await counters.limiter.decide(mallory)).toEqual({ outcome: 'revoked', decisions: [] });
  });

  it('a table that fails refuses nobody, and is told once in five seconds', async () => {
    rules = new Error('the table is gone');
    const counters = create(env);
    for (let request = 0; request < 10; request += 1) {
      expect(await decide(counters)).toMatchObject({ outcome: 'allowed' });
    }
    expect(failures).toBe(1);
    expect(output.lines).toEqual([{ message: 'rules not read or not copied', error: 'Error: the table is gone' }]);
  });
});

describe('where Redis is named', () => {
  it('and answers, it counts, and nothing is said', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const counters = create({ [Env.redisUrl]: server.url });
    await vi.waitFor(async () => {
      expect((await decide(counters)).decisions).toMatchObject([{ limit: 100, counted: 'together' }]);
    });
    expect(changes.at(-1) ?? 'recovered').toBe('recovered');
  });

  it('its loss and its return are told once each, and each failed call is counted', async () => {
    const { port, counters } = await environmentOfNoServer();
    await Promise.all([decide(counters), decide(counters)]);
    for (let request = 0; request < 20; request += 1) await decide(counters);
    expect(failures).toBe(2);
    expect(output.lines).toEqual([{ message: LOST, error: expect.stringContaining('ECONNREFUSED') }]);

    const server = await startRedis({ port });
    closers.push(server.stop);
    await untilRecovered(counters);
    expect(output.lines.slice(1)).toEqual([RECOVERED]);
    expect(changes).toEqual(['lost', 'recovered']);
  });

  it('its return is noticed with the connection, without another request', async () => {
    const { port, counters } = await environmentOfNoServer();
    await decide(counters);
    clock.advance(PAUSES.longest);
    await decide(counters);
    const server = await startRedis({ port });
    closers.push(server.stop);
    await vi.waitFor(() => expect(changes).toEqual(['lost', 'recovered']), { timeout: 15_000, interval: 20 });
  });

  it('and is lost, an instance lets its share pass and knows what operators said', async () => {
    rules = [{ ...noRule('sub:mallory'), version: 1, revocation: { untilMs: 0, reason: '' } }];
    const { counters } = await environmentOfNoServer();
    expect(await decide(counters)).toMatchObject({
      outcome: 'allowed',
      decisions: [{ limit: 50, remaining: 49, counted: 'alone' }],
    });
    const mallory = limitRequest([LIMIT], { identity: { client: 'sub:mallory' } });
    expect(await counters.limiter.decide(mallory)).toEqual({ outcome: 'revoked', decisions: [] });
  });

  it('and is lost and found, a circuit is counted alone meanwhile, and together before and after', async () => {
    const HOUR_MS = 3_600_000;
    const failing = (counters: Counters) => counters.outcomes.record('shop/users/1', FAILED, HOUR_MS);
    const { port, counters } = await environmentOfNoServer();
    expect(await failing(counters)).toMatchObject({ total: 1, failures: 1, slow: 0, endedBy: 0 });
    await counters.outcomes.endPeriod('shop/users/1', 8, HOUR_MS);
    expect(await failing(counters)).toMatchObject({ total: 2, failures: 2, slow: 0, endedBy: 0 });
    for (let index = 0; index < FREE_RETRIES; index += 1)
      await counters.retryBudget.takeRetry('shop/users/1', 0.1, HOUR_MS);
    expect(await counters.retryBudget.takeRetry('shop/users/1', 0.1, HOUR_MS)).toBe(false);

    const server = await startRedis({ port });
    await untilRecovered(counters);
    const other = create({ [Env.redisUrl]: server.url });
    await vi.waitFor(async () => expect((await decide(other)).decisions).toMatchObject([{ counted: 'together' }]));
    expect(await failing(other)).toMatchObject({ total: 1, failures: 1, slow: 0, endedBy: 0 });
    expect(await failing(counters)).toMatchObject({ total: 2, failures: 2, slow: 0, endedBy: 0 });
    expect(await counters.retryBudget.takeRetry('shop/users/1', 0.1, HOUR_MS)).toBe(true);
    await other.outcomes.endPeriod('shop/users/1', 8, HOUR_MS);
    expect(await failing(counters)).toMatchObject({ endedBy: 8 });

    await server.stop();
    expect(await failing(counters)).toMatchObject({ total: 3, failures: 3, slow: 0, endedBy: 0 });
    const restarted = await startRedis({ port });
    closers.push(restarted.stop);
    await untilRecovered(counters);
    expect(await failing(counters)).toMatchObject({ total: 1, failures: 1, slow: 0, endedBy: 0 });
  });

  it('a password of the URL is not in the log', async () => {
    const counters = create({ [Env.redisUrl]: `redis://user:s3cret@127.0.0.1:${await freePort()}` });
    await decide(counters);
    expect(output.lines).toHaveLength(1);
    expect(JSON.stringify(output.lines)).not.toContain('s3cret');
  });

  it('a login that is none is refused at the start', () => {
    const env = { [Env.redisUrl]: 'redis://127.0.0.1:1', [Env.redisLogin]: '{"user":1}' };
    expect(() => create(env)).toThrow('cacheLogin.user');
  });
});
