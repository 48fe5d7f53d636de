import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WAITS } from '../../lambdas/adapters/circuit/circuit-view.ts';
import { startDynamo } from '../../local/stores/dynamo.ts';
import { serveTcp } from '../support/upstreams/upstream.ts';
import { type Controlled, serveControlled } from './support/controlled-upstream.ts';
import { atOnce, eventually, type ServedGateway, serve, statuses, tally, times } from './support/gateway.ts';
import type { Answer } from './support/http.ts';
import { type StoppableDynamo, stoppable } from './support/stoppable-dynamo.ts';

// The gateway's own DynamoDB, in reach of a test that stops it and starts it again.
vi.mock(import('../../local/stores/dynamo.ts'), async (original) => {
  const module = await original();
  return { ...module, startDynamo: vi.fn(async () => stoppable(await module.startDynamo())) };
});

let gateway: ServedGateway;
afterEach(() => gateway.close());

/** The process that the start-up page names. */
function redisPid(): number {
  const [, pid] = /process (\d+)/.exec(gateway.running.redis.description) ?? [];
  return Number(pid);
}

/** What the functions said of Redis after so many lines, by function. */
function redisMessages(after = 0): Readonly<Record<string, readonly string[]>> {
  const said = gateway
    .lines()
    .slice(after)
    .flatMap(({ label, message }) => {
      const word = /^redis (lost|recovered)/.exec(String(message))?.[1];
      return word === undefined ? [] : [{ label, word }];
    });
  const labels = [...new Set(said.map(({ label }) => label))];
  return Object.fromEntries(
    labels.map((label) => [label, said.filter((one) => one.label === label).map(({ word }) => word)]),
  );
}

/** Sends requests one after the other until it is told to stop. */
function keepSending(request: (index: number) => Promise<Answer>) {
  const state = { stopped: false };
  const answers: Answer[] = [];
  const ended = (async () => {
    for (let index = 0; !state.stopped; index += 1) {
      answers.push(await request(index));
      await sleep(5);
    }
  })();
  return {
    answers,
    stop: async () => {
      state.stopped = true;
      await ended;
    },
  };
}

const serverErrors = (answers: readonly Answer[]) => statuses(answers).filter((status) => status >= 500);

describe('redis-server', () => {
  test('killed during requests costs none of them; limits go on locally, are said to once, and recover', async () => {
    gateway = await serve();
    // So many that none reaches its limit.
    const crowd = await atOnce(40, (index) => gateway.token(`user-${index}`));
    const of = (service: string) =>
      keepSending((index) => gateway.send(`/api/${service}/42`, { token: crowd[index % crowd.length] ?? '' }));
    const streams = [of('users'), of('orders')];
    await gateway.until(() => gateway.requestLines().length > 20);

    // A busy machine may have lost it already.
    await gateway.until(() => Object.values(redisMessages()).every((said) => said.at(-1) === 'recovered'));
    const before = gateway.lines().length;
    process.kill(redisPid(), 'SIGKILL');
    await gateway.until(() => Object.keys(redisMessages(before)).length === 2);
    const alice = await gateway.token('alice');
    const local = await times(22, () => gateway.send('/api/payments/42', { token: alice }));
    expect(statuses(local).filter((status) => status !== 200 && status !== 429)).toEqual([]);
    // Half of the limit of 20, and the whole of it once a redis-server counts again.
    expect(tally(local)[200]).toBeGreaterThanOrEqual(10);
    await gateway.settled();
    const alone = gateway.requestLines().filter(({ client, limits_local }) => client === 'sub:alice' && limits_local);
    expect(alone.length).toBeGreaterThan(0);
    expect(alone.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(10);

    const recovered = () => Object.values(redisMessages(before)).filter((said) => said.includes('recovered'));
    await gateway.until(() => recovered().length === 2);
    for (const stream of streams) await stream.stop();
    for (const { answers } of streams) expect(tally(answers)[200]).toBeGreaterThan(50);
    expect(gateway.reports().filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
    expect(tally(streams.flatMap(({ answers }) => answers))).not.toHaveProperty('429');
    // One line when it was lost, and none until it was back.
    for (const said of recovered()) {
      expect(said).toEqual(said.map((_, index) => (index % 2 === 0 ? 'lost' : 'recovered')));
    }

    const redis = new Redis(gateway.running.redis.url ?? '');
    expect(await redis.dbsize()).toBeGreaterThan(0);
    await redis.quit();
    expect(gateway.requestLines().some(({ StoreErrors }) => Number(StoreErrors) > 0)).toBe(true);
  });

  test('that hangs costs no request more than a moment, and comes back into use', async () => {
    gateway = await serve();
    const token = await gateway.token('alice');
    const get = () => gateway.send('/api/users/42', { token });
    expect((await get()).status).toBe(200);
    const pid = redisPid();
    process.kill(pid, 'SIGSTOP');
    try {
      const answers = await times(20, get);
      expect(serverErrors(answers)).toEqual([]);
      await gateway.until(() => Object.keys(redisMessages()).length === 1);
      const slowest = Math.max(...gateway.requestLines().map(({ overhead_ms }) => Number(overhead_ms)));
      expect(slowest).toBeLessThan(1000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually(get, () => Object.values(redisMessages()).flat().includes('recovered'));
  });
});

const isRejected = (answer: Answer | undefined) =>
  answer?.headers['content-type'] === 'application/problem+json' && answer.json().code === 'circuit_open';

/** What the functions said of circuits: what became of one, and for whom. */
function transitions(): readonly unknown[] {
  return gateway.lines().flatMap(({ message, made }) => (/^circuit /.test(String(message)) ? [[message, made]] : []));
}

describe('DynamoDB', () => {
  let orders: Controlled | undefined;
  afterEach(async () => {
    await orders?.stop();
    orders = undefined;
  });

  /** With an upstream of orders that the test controls, and with a circuit of orders that waits for no test. */
  async function serveOrders(): Promise<Controlled> {
    const controlled = await serveControlled();
    orders = controlled;
    const edits = {
      service: (policy: { service: string; circuit: object; default: { limits: readonly unknown[] } }) => {
        if (policy.service !== 'orders') return;
        Object.assign(policy.circuit, { openForMs: 1000, rampUpMs: 0 });
        policy.default.limits = [];
      },
    };
    gateway = await serve({ upstreams: { orders: controlled.url }, edits });
    return controlled;
  }

  test('stopped before a function ever asked it leaves circuits closed and requests served; each instance counts for itself', async () => {
    gateway = await serve();
    await theDynamo().stop();
    const token = await gateway.token('alice');
    expect(tally(await times(10, () => gateway.send('/api/users/42', { token })))).toEqual({ 200: 10 });
    const failed = await times(10, () => gateway.send('/api/orders/status/503', { token }));
    expect(failed.map(isRejected)).toEqual([...Array(5).fill(false), ...Array(5).fill(true)]);
    expect(transitions()).toEqual([['circuit open', 'alone']]);
    await gateway.until(() => gateway.requestLines().some(({ StoreErrors }) => Number(StoreErrors) > 0));
    expect(gateway.events.filter((event) => event.kind === 'line' && event.stream === 'stderr')).toEqual([]);
  });

  test('stopped and started again during requests costs none of them, and circuits are common again', async () => {
    gateway = await serve();
    const crowd = await atOnce(40, (index) => gateway.token(`user-${index}`));
    const of = (service: string) =>
      keepSending((index) => gateway.send(`/api/${service}/42`, { token: crowd[index % crowd.length] ?? '' }));
    const streams = [of('users'), of('payments')];
    await gateway.until(() => gateway.requestLines().length > 20);
    await theDynamo().stop();
    await gateway.until(() => gateway.requestLines().some(({ StoreErrors }) => Number(StoreErrors) > 0));
    const before = gateway.requestLines().length;
    await gateway.until(() => gateway.requestLines().length > before + 50);
    await theDynamo().start();
    const token = await gateway.token('alice');
    const failing = () => gateway.send('/api/orders/status/503', { token });
    await eventually(failing, isRejected);
    for (const stream of streams) await stream.stop();
    for (const { answers } of streams) expect(tally(answers)).toEqual({ 200: answers.length });
    expect(transitions()).toEqual([['circuit open', 'for all']]);
  });

  test('stopped during requests leaves an open circuit open', async () => {
    gateway = await serve();
    const token = await gateway.token('alice');
    const answers = await times(6, () => gateway.send('/api/orders/status/503', { token }));
    expect(isRejected(answers.at(-1))).toBe(true);
    await theDynamo().stop();
    expect(isRejected(await gateway.send('/api/orders/42', { token }))).toBe(true);
    expect(statuses([await gateway.send('/api/users/42', { token })])).toEqual([200]);
  });

  test('stopped while a circuit is open does not keep it open: it is probed, and closes, without the table', async () => {
    const upstream = await serveOrders();
    const token = await gateway.token('alice');
    const order = () => gateway.send('/api/orders/42', { token });
    upstream.answer(503);
    expect((await times(6, order)).map(isRejected)).toEqual([...Array(5).fill(false), true]);
    await theDynamo().stop();
    upstream.answer(200);
    await eventually(order, () => transitions().length >= 3);
    expect(transitions()).toEqual([
      ['circuit open', 'for all'],
      ['circuit half-open', 'alone'],
      ['circuit closed', 'alone'],
    ]);
    expect(tally(await times(5, order))).toEqual({ 200: 5 });
    // What it then has of the circuit is older than what the instance knows; the table decides.
    await theDynamo().start();
    await eventually(order, () => transitions().length >= 5);
    expect(transitions().slice(3)).toEqual([
      ['circuit half-open', 'for all'],
      ['circuit closed', 'for all'],
    ]);
    expect(tally(await times(5, order))).toEqual({ 200: 5 });
  });

  test('that never answers holds up the first requests for a moment each, and then none', async () => {
    const silent = await serveTcp(() => undefined);
    vi.mocked(startDynamo).mockResolvedValueOnce({
      url: silent.url,
      createTables: async () => {},
      close: () => silent.stop(),
    });
    gateway = await serve();
    const token = await gateway.token('alice');
    const answers = await times(20, () => gateway.send('/api/users/42', { token }));
    expect(tally(answers)).toEqual({ 200: 20 });
    await gateway.settled();
    const overheads = gateway.requestLines().map(({ overhead_ms }) => Number(overhead_ms));
    expect(overheads.filter((ms) => ms > WAITS.read).length).toBeLessThan(10);
  });
});

/** The DynamoDB of the gateway that was started last. */
function theDynamo(): StoppableDynamo {
  const result = vi.mocked(startDynamo).mock.settledResults.at(-1);
  if (result?.type !== 'fulfilled') throw new Error('no DynamoDB runs');
  return result.value as StoppableDynamo;
}
