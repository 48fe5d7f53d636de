import { afterEach, describe, expect, test } from 'vitest';
import type { CircuitPolicy, CircuitTiming } from '../../lambdas/contract/circuit/circuit-policy.ts';
import type { RoutePolicy } from '../../lambdas/contract/policy.ts';
import { type Controlled, serveControlled } from './support/controlled-upstream.ts';
import {
  atOnce,
  eventually,
  type ServedGateway,
  type ServeOptions,
  serve,
  statuses,
  tally,
  times,
} from './support/gateway.ts';
import type { Answer } from './support/http.ts';

const SHORT_MS = 1000;

let gateway: ServedGateway;
let orders: Controlled;
let token: string;

/** The gateway with an upstream of orders that the test controls. */
async function start(options: ServeOptions = {}): Promise<void> {
  orders = await serveControlled();
  gateway = await serve({ upstreams: { orders: orders.url }, ...options });
  token = await gateway.token('alice');
}

afterEach(async () => {
  await gateway.close();
  await orders.stop();
});

const order = () => gateway.send('/api/orders/42', { token });

/** Orders without a limit, and with these settings of its circuit in the proxy function and in the circuit function. */
function editsOf(changes: Partial<CircuitPolicy>) {
  return {
    service: (policy: { service: string; circuit: CircuitPolicy; default: RoutePolicy }) => {
      if (policy.service !== 'orders') return;
      policy.circuit = { ...policy.circuit, rampUpMs: 0, ...changes };
      policy.default = { ...policy.default, limits: [] };
    },
    circuits: ({ services }: { services: Record<string, Partial<CircuitTiming>> }) => {
      services['orders'] = { ...services['orders'], rampUpMs: 0, openForMs: changes.openForMs ?? 30_000 };
    },
  };
}

function codeOf(answer: Answer | undefined): string | undefined {
  return answer?.headers['content-type'] === 'application/problem+json' ? answer.json().code : undefined;
}

function transitions(): readonly unknown[] {
  return gateway
    .lines()
    .flatMap(({ message, source }) => (/^circuit /.test(String(message)) ? [[message, source]] : []));
}

describe('a circuit that outcomes open', () => {
  test('answers 503 circuit_open at once, leaves the upstream alone, and hinders no other service', async () => {
    await start();
    orders.answer(503);
    const answers = await times(10, order);
    expect(statuses(answers)).toEqual(Array(10).fill(503));
    expect(answers.map(codeOf)).toEqual([...Array(5).fill(undefined), ...Array(5).fill('circuit_open')]);
    expect(orders.calls()).toBe(5);
    const retryAfter = Number(answers[9]?.headers['retry-after']);
    expect(retryAfter).toBeGreaterThan(25);
    expect(retryAfter).toBeLessThanOrEqual(30);
    expect(answers[9]?.json()).toMatchObject({ status: 503, request_id: answers[9]?.headers['x-request-id'] });

    expect(statuses([await gateway.send('/api/users/42', { token })])).toEqual([200]);
    expect(statuses([await gateway.send('/api/payments/42', { token })])).toEqual([200]);
    expect(statuses([await gateway.send('/api/products/42')])).toEqual([200]);
    expect(transitions()).toEqual([['circuit open', 'outcomes']]);
    expect(gateway.requestLines().filter(({ circuit }) => circuit === 'open')).toHaveLength(5);
  });

  test('is known to processes that start while it is open', async () => {
    await start({ edits: editsOf({}) });
    orders.answer(503);
    await times(6, order);
    const before = orders.calls();
    expect((await atOnce(3 * PROCESSES, order)).map(codeOf)).toEqual(Array(3 * PROCESSES).fill('circuit_open'));
    expect(orders.calls()).toBe(before);
  });

  test('opens for all processes of the function', async () => {
    await start({ edits: editsOf({}) });
    await startProcesses();
    orders.answer(503);
    await times(5, order);
    await untilAllReject();
    const before = orders.calls();
    expect((await atOnce(3 * PROCESSES, order)).map(codeOf)).toEqual(Array(3 * PROCESSES).fill('circuit_open'));
    expect(orders.calls()).toBe(before);
    expect(transitions()).toEqual([['circuit open', 'outcomes']]);
  });

  test('lets three probes of all processes through after its time, and closes when they succeed', async () => {
    await start({ edits: editsOf({ openForMs: 3 * SHORT_MS }) });
    await startProcesses();
    orders.answer(503);
    await times(5, order);
    await untilAllReject();

    orders.answer(200);
    const release = orders.hold();
    const before = orders.calls();
    const probes = [1, 2, 3].map(() => untilCalled(before + 3));
    await orders.until(before + 3);
    const others = await atOnce(PROCESSES, order);
    expect(others.map(codeOf)).toEqual(Array(PROCESSES).fill('circuit_open'));
    expect(orders.calls()).toBe(before + 3);
    release();
    await Promise.all(probes);
    await eventually(order, (answer) => answer.status === 200);
    expect(statuses(await times(10, order))).toEqual(Array(10).fill(200));
    expect(transitions()).toEqual([
      ['circuit open', 'outcomes'],
      ['circuit half-open', 'time'],
      ['circuit closed', 'outcomes'],
    ]);
  });

  test('stays open for another while when the probe fails', async () => {
    await start({ edits: editsOf({ openForMs: SHORT_MS }) });
    orders.answer(503);
    await times(5, order);
    const probe = await untilCalled(6);
    expect(probe.status).toBe(503);
    expect((await times(5, order)).map(codeOf)).toEqual(Array(5).fill('circuit_open'));
    expect(orders.calls()).toBe(6);
    expect(transitions().map((transition) => (transition as unknown[])[0])).toEqual([
      'circuit open',
      'circuit half-open',
      'circuit open',
    ]);
  });

  test("is not opened by a client's own errors, nor by fewer failures than the share", async () => {
    // A process that gave Redis up on a busy machine would know of the failures only, and not of what came before them.
    const service = (policy: { cacheTimeoutMs: number }) => {
      policy.cacheTimeoutMs = 5000;
    };
    await start({ edits: { service } });
    orders.answer(404);
    await times(10, order);
    orders.answer(200);
    await times(10, order);
    orders.answer(500);
    await times(10, order);
    expect(orders.calls()).toBe(30);
    orders.answer(200);
    expect(statuses([await order()])).toEqual([200]);
  });
});

const PROCESSES = 4;

/** Requests that are under way at the same time need a process each. */
async function startProcesses(): Promise<void> {
  const release = orders.hold();
  const held = atOnce(PROCESSES, order);
  await orders.until(PROCESSES);
  release();
  expect(statuses(await held)).toEqual(Array(PROCESSES).fill(200));
}

/** Each process looks at the table once a second. */
async function untilAllReject(): Promise<void> {
  await eventually(
    () => atOnce(PROCESSES, order),
    (answers) => answers.every((answer) => codeOf(answer) === 'circuit_open'),
  );
}

/** Asks until the upstream has been called that often; gives the answer to the request that reached it. */
function untilCalled(calls: number): Promise<Answer> {
  return eventually(order, () => orders.calls() >= calls);
}

describe('with outcome counting off', () => {
  test('the alarm alone opens the circuit, through the circuit function', async () => {
    const clock = { timeMs: 0, nowMs: () => clock.timeMs || Date.now(), every: () => () => {} };
    await start({ clock, edits: editsOf({ outcomes: false, openForMs: 2 * SHORT_MS }) });
    orders.answer(503);
    // Ten, so that five of them lie in one period of the alarm, wherever its border is.
    const failed = await times(10, order);
    expect(tally(failed)).toEqual({ 503: 10 });
    expect(failed.map(codeOf)).toEqual(Array(10).fill(undefined));
    expect(orders.calls()).toBe(10);
    await gateway.until(() => gateway.requestLines().length === 10);
    expect(transitions()).toEqual([]);

    const fired = () => gateway.events.some((event) => event.kind === 'alarm' && event.change.state.value === 'ALARM');
    clock.timeMs = nextPeriod(Math.min(...gateway.lines().map(timestampOf)));
    for (let period = 0; period < 2 && !fired(); period += 1) {
      await gateway.running.alarms.evaluate();
      clock.timeMs += ALARM_PERIOD_MS;
    }
    const states = gateway.running.alarms.states();
    const alarmed = Object.keys(states).filter((name) => states[name] === 'ALARM');
    expect(alarmed).toEqual([expect.stringMatching(/-orders-failures$/)]);
    await gateway.until(() => transitions().length > 0);
    expect(transitions()).toEqual([['circuit open', 'alarm']]);

    // The proxy function looks at the table once a second.
    await eventually(order, (answer) => codeOf(answer) === 'circuit_open');
    const before = orders.calls();
    expect((await times(5, order)).map(codeOf)).toEqual(Array(5).fill('circuit_open'));
    expect(orders.calls()).toBe(before);
    expect(statuses([await gateway.send('/api/users/42', { token })])).toEqual([200]);

    orders.answer(200);
    expect((await untilCalled(before + 1)).status).toBe(200);
    expect(statuses(await times(3, order))).toEqual([200, 200, 200]);
  });
});

const ALARM_PERIOD_MS = 10_000;

function nextPeriod(timeMs: number): number {
  return (Math.floor(timeMs / ALARM_PERIOD_MS) + 1) * ALARM_PERIOD_MS;
}

function timestampOf(line: Readonly<Record<string, unknown>>): number {
  return (line['_aws'] as { Timestamp: number }).Timestamp;
}
