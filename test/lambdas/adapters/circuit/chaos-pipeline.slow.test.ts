import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RuleStore } from '../../../../lambdas/adapters/limits/rule-store.ts';
import { connectRedis } from '../../../../lambdas/adapters/redis/redis-connection.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { ANY_JWT } from '../../../../lambdas/contract/auth/auth-policy.ts';
import { Env } from '../../../../lambdas/contract/environment.ts';
import type { RoutePolicy } from '../../../../lambdas/contract/policy.ts';
import type { ProxyResult } from '../../../../lambdas/proxy/exchange.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { closersOf } from '../../../support/closers.ts';
import { productionCounters } from '../../../support/counters.ts';
import { ALICE, type EventOptions } from '../../../support/event.ts';
import { captureLines } from '../../../support/lines.ts';
import { servicePolicy, windowLimit } from '../../../support/policy.ts';
import { startRedis, type TestRedis } from '../../../support/redis/redis.ts';
import { serveEcho } from '../../../support/upstreams/upstream.ts';
import { createInstance, problemOf, type TestInstance } from '../../proxy/gateway.ts';

const TIMEOUT = { timeout: 120_000 } as const;
const WAIT = { timeout: 45_000, interval: 10 } as const;
const HOUR_MS = 3_600_000;
const LIMIT = 40;
const SHARE = 20;

const [LOGIN, FEED] = ['POST /api/users/login', 'GET /api/users/feed'];
const NEVER_USED_UP = 1_000_000;
/** What clients ask for, each all the time. */
const REQUESTS = {
  local: { verdict: ALICE },
  closed: { method: 'POST', path: '/api/users/login', routeKey: LOGIN },
  open: { path: '/api/users/feed', routeKey: FEED },
} as const satisfies Record<string, EventOptions>;
type Kind = keyof typeof REQUESTS;

type Results = Record<Kind, ProxyResult[]>;

interface Instance {
  readonly gate: TestInstance;
  readonly changes: string[];
  readonly results: Results;
}

let table: TestTable;
let echo: Awaited<ReturnType<typeof serveEcho>>;
let output: ReturnType<typeof captureLines>;
let gateways = 0;
const closers = closersOf();

beforeAll(async () => {
  table = await startTable();
  echo = await serveEcho();
});
afterAll(async () => {
  await echo.stop();
  await table.stop();
});
beforeEach(() => {
  gateways += 1;
  output = captureLines();
});
afterEach(() => output.restore());

function instance({ url }: TestRedis): Instance {
  const changes: string[] = [];
  const events = { errors: 0, lost: 0, recovered: 0 };
  const publicRoute = (onStoreFailure: 'closed' | 'open'): RoutePolicy => ({
    auth: { type: 'none' },
    limits: [windowLimit(NEVER_USED_UP, HOUR_MS, { onStoreFailure })],
    cost: 1,
  });
  const policy = servicePolicy({
    gateway: `pipeline-${gateways}`,
    upstream: echo.url,
    timeoutMs: 20_000,
    default: { auth: ANY_JWT, limits: [windowLimit(LIMIT, HOUR_MS)], cost: 1 },
    routes: { [LOGIN]: publicRoute('closed'), [FEED]: publicRoute('open') },
  });
  const rules = new RuleStore(sdkTable(table.client, table.name), policy.gateway);
  const counters = productionCounters({
    env: { [Env.redisUrl]: url },
    policy,
    listRules: () => rules.list(),
    clock: Date.now,
    monotonic: () => performance.now(),
    onFailure: () => {
      events.errors += 1;
    },
    onChange: (change) => {
      changes.push(change);
      events[change] += 1;
    },
    connect: (endpoint, onError) => {
      const client = connectRedis(endpoint, onError);
      closers.push(() => client.disconnect());
      return client;
    },
  });
  const takeStoreEvents = () => {
    const taken = { ...events };
    events.errors = events.lost = events.recovered = 0;
    return taken;
  };
  const gate = createInstance({ policy, table, counters, takeStoreEvents });
  closers.push(() => gate.close());
  return { gate, changes, results: { local: [], closed: [], open: [] } };
}

async function underLoad(instances: readonly Instance[], work: () => Promise<void>): Promise<void> {
  let going = true;
  const workers = instances.flatMap(({ gate, results }) =>
    (Object.keys(REQUESTS) as Kind[]).map(async (kind) => {
      while (going) {
        results[kind].push(await gate.send(REQUESTS[kind]));
        await pause(3);
      }
    }),
  );
  try {
    await work();
  } finally {
    going = false;
    await Promise.all(workers);
  }
}

/** Waits until each instance has answered so many more requests of each kind. */
async function answered(instances: readonly Instance[], times: number): Promise<void> {
  const goals = instances.flatMap(({ results }) =>
    Object.values(results).map((list) => ({ list, goal: list.length + times })),
  );
  await vi.waitFor(() => {
    for (const { list, goal } of goals) expect(list.length).toBeGreaterThan(goal);
  }, WAIT);
}

/** The next answers of each instance, so many of each kind at least. */
async function nextAnswers(instances: readonly Instance[], times: number): Promise<readonly Results[]> {
  const from = instances.map(({ results }) => lengthsOf(results));
  await answered(instances, times);
  return instances.map(({ results }, index) => ({
    local: results.local.slice(from[index]?.local),
    closed: results.closed.slice(from[index]?.closed),
    open: results.open.slice(from[index]?.open),
  }));
}

function lengthsOf({ local, closed, open }: Results): Record<Kind, number> {
  return { local: local.length, closed: closed.length, open: open.length };
}

async function all(instances: readonly Instance[], change: 'lost' | 'recovered'): Promise<void> {
  await vi.waitFor(() => {
    for (const { changes } of instances) expect(changes.at(-1)).toBe(change);
  }, WAIT);
}

/** Waits until what closes without Redis is open in each instance. */
async function countedTogether(instances: readonly Instance[]): Promise<void> {
  await vi.waitFor(async () => {
    for (const { gate } of instances) expect((await gate.send(REQUESTS.closed)).statusCode).toBe(200);
  }, WAIT);
}

function statusesOf(results: readonly ProxyResult[]): readonly unknown[] {
  return [...new Set(results.map(({ statusCode }) => statusCode))].sort();
}

/** Over all lines of requests. */
function sumOf(metric: string): number {
  return output.lines.reduce((sum, line) => sum + Number(line[metric] ?? 0), 0);
}

function linesOf(message: string): number {
  return output.lines.filter((line) => String(line['message']).startsWith(message)).length;
}

describe('a gateway whose Redis is gone', () => {
  it.each(['SIGSTOP', 'SIGKILL'] as const)(
    'after %s goes on: what is limited lets its share pass, what opens passes, what closes answers 503',
    TIMEOUT,
    async (signal) => {
      const server = await startRedis();
      closers.push(server.stop);
      const instances = [instance(server), instance(server)];
      await countedTogether(instances);
      await underLoad(instances, async () => {
        await answered(instances, 10);
        await end(server, signal);
        await all(instances, 'lost');
        await answered(instances, 5);
        for (const gone of await nextAnswers(instances, 2 * SHARE)) {
          expect(gone.local.filter(({ statusCode }) => statusCode === 200).length).toBeLessThanOrEqual(SHARE);
          expect(statusesOf(gone.local.slice(SHARE))).toEqual([429]);
          expect(statusesOf(gone.closed)).toEqual([503]);
          expect([...new Set(gone.closed.map((result) => problemOf(result).code))]).toEqual(['limits_unavailable']);
        }
        await begin(server, signal);
        await all(instances, 'recovered');
        await answered(instances, 10);
      });
      for (const { results } of instances) {
        expect(statusesOf(results.open)).toEqual([200]);
        expect(statusesOf(results.local)).toEqual([200, 429]);
        expect(statusesOf(results.closed)).toEqual([200, 503]);
      }
      await countedTogether(instances);
    },
  );

  it('says in its metrics what happened', TIMEOUT, async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const instances = [instance(server), instance(server)];
    await underLoad(instances, async () => {
      await answered(instances, 10);
      await end(server, 'SIGSTOP');
      await all(instances, 'lost');
      await answered(instances, 20);
      await begin(server, 'SIGSTOP');
      await all(instances, 'recovered');
      await answered(instances, 5);
    });
    const lost = instances.flatMap(({ changes }) => changes.filter((change) => change === 'lost')).length;
    const recovered = instances.flatMap(({ changes }) => changes).length - lost;
    expect([sumOf('StoreLost'), linesOf('redis lost')]).toEqual([lost, lost]);
    expect([sumOf('StoreRecovered'), linesOf('redis recovered')]).toEqual([recovered, recovered]);
    const requests = output.lines.filter(({ status }) => status !== undefined);
    const told = (metric: string) => requests.filter((line) => line[metric] === 1);
    expect(told('FailedClosed').length).toBeGreaterThan(20);
    expect(told('FailedClosed').length).toBe(requests.filter(({ status }) => status === 503).length);
    expect(told('FailedOpen').length).toBeGreaterThan(20);
    expect(told('FailedOpen').every(({ route, status }) => route === FEED && status === 200)).toBe(true);
    expect(told('CountedLocally').length).toBeGreaterThan(20);
    expect(told('CountedLocally').every(({ limits_local }) => limits_local === true)).toBe(true);
  });
});

async function end({ process }: TestRedis, signal: 'SIGSTOP' | 'SIGKILL'): Promise<void> {
  const exited = signal === 'SIGKILL' ? once(process, 'exit') : undefined;
  process.kill(signal);
  await exited;
}

async function begin({ process, port }: TestRedis, after: 'SIGSTOP' | 'SIGKILL'): Promise<void> {
  if (after === 'SIGSTOP') process.kill('SIGCONT');
  else closers.push((await startRedis({ port })).stop);
}
