import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CircuitTiming } from '../../lambdas/contract/circuit/circuit-policy.ts';
import { startRedis } from '../support/redis/redis.ts';
import { type AlarmClock, alarmClock } from './support/alarm-clock.ts';
import { appWith } from './support/checkout.ts';
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

const PERIOD_MS = 10_000;
const MINUTE_MS = 60_000;

let clock: AlarmClock;
let gateway: ServedGateway;
let upstream: Controlled;

/** The gateway with an upstream of that service that the test controls, and with alarms that fire when the test says so. */
async function start(service: string, options: ServeOptions): Promise<void> {
  clock = alarmClock();
  upstream = await serveControlled();
  gateway = await serve({ clock, upstreams: { [service]: upstream.url }, ...options });
}

afterEach(async () => {
  await gateway.close();
  await upstream.stop();
});

const isRejected = (answer: Answer) =>
  answer.headers['content-type'] === 'application/problem+json' && answer.json().code === 'circuit_open';

function transitions(): readonly unknown[] {
  return gateway
    .lines()
    .flatMap(({ message, source }) => (/^circuit /.test(String(message)) ? [[message, source]] : []));
}

function alarmed(): readonly string[] {
  const states = gateway.running.alarms.states();
  return Object.keys(states).filter((name) => states[name] === 'ALARM');
}

/** Calls with which every process is busy at the same time, again and again: each of them sees as many. */
async function inRounds(rounds: number, processes: number, call: () => Promise<Answer>): Promise<readonly Answer[]> {
  const answers = await times(rounds, async () => {
    const before = upstream.calls();
    const release = upstream.hold();
    const held = atOnce(processes, call);
    await upstream.until(before + processes);
    release();
    return held;
  });
  return answers.flat();
}

describe('with Redis stopped', () => {
  const OPEN_FOR_MS = 2000;
  /** All that moves it but the alarm waits for no test. */
  const TIMING = { openForMs: OPEN_FOR_MS, rampUpMs: 0 };
  const edits = {
    service: (policy: { service: string; circuit: object; default: { limits: readonly unknown[] } }) => {
      if (policy.service !== 'orders') return;
      Object.assign(policy.circuit, TIMING);
      policy.default.limits = [];
    },
    circuits: ({ services }: { services: Record<string, CircuitTiming> }) => {
      Object.assign(services['orders'] ?? {}, TIMING);
    },
  };

  test('the alarm opens the circuit on failures of which no process sees enough, and probes close it', async () => {
    const redis = await startRedis();
    await start('orders', { redis: { url: redis.url }, edits });
    const token = await gateway.token('alice');
    const order = () => gateway.send('/api/orders/42', { token });
    await redis.stop();

    upstream.answer(503);
    // Four of the five that it takes by oneself, twelve in all.
    const failed = await inRounds(4, 3, order);
    expect([tally(failed), failed.some(isRejected)]).toEqual([{ 503: 12 }, false]);
    await gateway.settled();
    expect(gateway.lines().filter(({ message }) => /^redis lost/.test(String(message)))).toHaveLength(3);
    expect(transitions()).toEqual([]);

    await clock.fire(gateway.running, PERIOD_MS);
    expect(alarmed()).toEqual([expect.stringMatching(/-orders-failures$/)]);
    await gateway.until(() => transitions().length > 0);
    expect(transitions()).toEqual([['circuit open', 'alarm']]);
    const opened = gateway.lines().find(({ message }) => message === 'circuit open');
    expect(opened).toMatchObject({ reason: '100 % of requests failed within 10 s', figures: { failurePercent: 100 } });

    await eventually(
      () => atOnce(3, order),
      (answers) => answers.every(isRejected),
    );
    expect(statuses([await gateway.send('/api/users/42', { token })])).toEqual([200]);

    upstream.answer(200);
    await eventually(order, () => transitions().length >= 3);
    expect(transitions().map((transition) => (transition as unknown[])[0])).toEqual([
      'circuit open',
      'circuit half-open',
      'circuit closed',
    ]);
    expect(tally(await times(5, order))).toEqual({ 200: 5 });
  });
});

describe('an alarm that a service asks for', () => {
  let assemblyDir: string;
  beforeAll(async () => {
    assemblyDir = await appWith(SERVICES, "import { CircuitBreaker } from './gateway/circuit/circuit-breaker.ts';\n");
  }, 60_000);

  const SERVICES = `
    gateway.addService('search', {
      prefix: '/api/search',
      upstream: 'http://search-service:3005',
      auth: Auth.none(),
      circuitBreaker: CircuitBreaker.of({ outcomes: false, slowCall: Duration.millis(100) }),
    });
    gateway.addService('reports', {
      prefix: '/api/reports',
      upstream: 'http://report-service:3006',
      auth: Auth.none(),
      maxConcurrency: 1,
      circuitBreaker: CircuitBreaker.of({ throttlePercent: 40, openFor: Duration.minutes(4) }),
    });
  `;

  test('opens the circuit of an upstream that is slow and never fails', async () => {
    await start('reports', { assemblyDir });
    const search = () => gateway.send('/api/search/delay/120');
    // One after the other, for one process; ten, so that five of them lie in one period, wherever its border is.
    expect(tally(await times(10, search))).toEqual({ 200: 10 });
    await gateway.settled();
    await clock.fire(gateway.running, PERIOD_MS);
    await gateway.until(() => transitions().length > 0);
    expect(gateway.lines().find(({ message }) => message === 'circuit open')).toMatchObject({
      service: 'search',
      source: 'alarm',
      reason: expect.stringMatching(/^p50 latency of \d+ ms within 10 s$/),
    });
    await eventually(search, isRejected);
  });

  test('opens the circuit of a service whose function is throttled, of which the function never knows', async () => {
    await start('reports', { assemblyDir });
    const report = () => gateway.send('/api/reports/42');
    const release = upstream.hold();
    const first = report();
    await upstream.until(1);
    // Ten, so that five of them lie in one minute, wherever its border is.
    expect(tally(await times(10, report))).toEqual({ 503: 10 });
    expect(upstream.calls()).toBe(1);
    release();
    expect((await first).status).toBe(200);
    await gateway.settled();
    await clock.fire(gateway.running, MINUTE_MS);
    expect(alarmed()).toEqual([expect.stringMatching(/-reports-throttles$/)]);
    await gateway.until(() => transitions().length > 0);
    expect(gateway.lines().find(({ message }) => message === 'circuit open')).toMatchObject({
      service: 'reports',
      source: 'alarm',
      reason: expect.stringMatching(/^\d+(\.\d)? % of invocations were throttled within 60 s$/),
    });
    await eventually(report, isRejected);
  });
});
