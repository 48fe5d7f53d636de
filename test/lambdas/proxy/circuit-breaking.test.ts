import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit-store.ts';
import { WAITS } from '../../../lambdas/adapters/circuit-view.ts';
import { MemoryCounters } from '../../../lambdas/adapters/memory-counters.ts';
import { ANY_JWT } from '../../../lambdas/contract/auth-policy.ts';
import type { CircuitPolicy } from '../../../lambdas/contract/policy.ts';
import { INITIAL_CIRCUIT, transition } from '../../../lambdas/core/circuit.ts';
import { TestClock } from '../../support/clock.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { ALICE } from '../../support/event.ts';
import { faultyClient } from '../../support/faulty-dynamodb.ts';
import { captureLines } from '../../support/lines.ts';
import { servicePolicy } from '../../support/policy.ts';
import { serveHttp, serveTcp, type TestServer } from '../../support/upstream.ts';
import { createEnvironment, problemOf, type TestEnvironment } from './gateway.ts';

const CIRCUIT: CircuitPolicy = {
  failureShare: 0.5,
  minRequests: 5,
  windowMs: 10_000,
  openForMs: 30_000,
  outcomes: true,
};

let table: TestTable;
let upstream: TestServer;
/** What the upstream answers next, and how often it was asked. */
let status = 200;
let calls = 0;
let gateways = 0;
let clock: TestClock;
let counters: MemoryCounters;
let output: ReturnType<typeof captureLines>;
const opened: TestEnvironment[] = [];

beforeAll(async () => {
  table = await startTable();
  upstream = await serveHttp((_, response) => {
    calls += 1;
    response.writeHead(status).end();
  });
});
afterAll(async () => {
  await upstream.stop();
  await table.stop();
});
beforeEach(() => {
  gateways += 1;
  status = 200;
  calls = 0;
  clock = new TestClock();
  counters = new MemoryCounters({ clock: clock.now, shared: false });
  output = captureLines();
});
afterEach(() => {
  output.restore();
  for (const environment of opened.splice(0)) environment.close();
});

/** An environment of the function; all of one test share clock, counters and table, as a fleet does. */
function environment(circuit: Partial<CircuitPolicy> = {}): TestEnvironment {
  const policy = servicePolicy({
    gateway: `fleet-${gateways}`,
    upstream: upstream.url,
    default: { auth: ANY_JWT, limits: [], cost: 1 },
    circuit: { ...CIRCUIT, ...circuit },
  });
  const created = createEnvironment({ policy, table, clock, counters });
  opened.push(created);
  return created;
}

function store(): CircuitStore {
  return new CircuitStore(table.client, table.name, { gateway: `fleet-${gateways}`, service: 'users' });
}

async function statuses(environment: TestEnvironment, count: number): Promise<unknown[]> {
  const seen = [];
  for (let index = 0; index < count; index += 1) seen.push((await environment.send({ verdict: ALICE })).statusCode);
  return seen;
}

describe('outcomes', () => {
  it('open the circuit at the fifth failure; the upstream is then not called any more', async () => {
    status = 503;
    const gateway = environment();
    expect(await statuses(gateway, 5)).toEqual([503, 503, 503, 503, 503]);
    const refused = await gateway.send({ verdict: ALICE });
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'circuit_open' });
    expect(refused.headers).toMatchObject({ 'retry-after': '30' });
    expect(calls).toBe(5);
    expect(await store().read()).toMatchObject({
      state: 'open',
      source: 'outcomes',
      reason: '5 of 5 requests failed within 10 s',
    });
    expect(output.lines.at(-1)).toMatchObject({ circuit: 'open', CircuitRejected: 1 });
    expect(output.lines.at(-1)).not.toHaveProperty('Failures');
  });

  it('of several environments are counted together, and open the circuit for those that saw no failure', async () => {
    const [first, second, third] = [environment(), environment(), environment()];
    await statuses(third, 1);
    status = 500;
    await statuses(first, 3);
    await statuses(second, 3);
    clock.advance(5000);
    expect(problemOf(await third.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
  });

  it('do not open it below the share, below the volume, or for the client’s own errors', async () => {
    const gateway = environment();
    await statuses(gateway, 6);
    status = 500;
    expect(await statuses(gateway, 5)).toEqual([500, 500, 500, 500, 500]);
    clock.advance(20_000);
    await statuses(gateway, 4);
    clock.advance(20_000);
    status = 404;
    await statuses(gateway, 20);
    expect(await store().read()).toEqual(INITIAL_CIRCUIT);
  });

  it('are not counted where the policy says so', async () => {
    status = 503;
    await statuses(environment({ outcomes: false }), 20);
    expect(await store().read()).toEqual(INITIAL_CIRCUIT);
    expect(calls).toBe(20);
  });
});

describe('an open circuit', () => {
  async function openByAlarm(): Promise<void> {
    const signal = { type: 'trip', source: 'alarm', reason: 'alarm', atMs: clock.nowMs } as const;
    await store().replace(INITIAL_CIRCUIT, transition(INITIAL_CIRCUIT, signal, clock.nowMs, CIRCUIT));
  }

  it('that an alarm opened is known to a new environment with its first request', async () => {
    await openByAlarm();
    expect(problemOf(await environment({ outcomes: false }).send({ verdict: ALICE }))).toMatchObject({
      code: 'circuit_open',
    });
    expect(calls).toBe(0);
  });

  it('lets exactly one request of all environments try, and closes when that one succeeds', async () => {
    await openByAlarm();
    const fleet = [environment(), environment(), environment()];
    for (const member of fleet) await member.send({ verdict: ALICE });
    clock.advance(30_000);
    const results = await Promise.all(fleet.map((member) => member.send({ verdict: ALICE })));
    expect(results.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    expect(calls).toBe(1);
    expect(await store().read()).toMatchObject({ state: 'closed', version: 3 });
    clock.advance(5000);
    expect(
      (await Promise.all(fleet.map((member) => member.send({ verdict: ALICE })))).map((r) => r.statusCode),
    ).toEqual([200, 200, 200]);
  });

  it('stays open for another while when the probe fails', async () => {
    await openByAlarm();
    status = 500;
    const gateway = environment();
    clock.advance(30_000);
    expect(await statuses(gateway, 1)).toEqual([500]);
    expect(await statuses(gateway, 3)).toEqual([503, 503, 503]);
    expect(await store().read()).toMatchObject({ state: 'open', retryAtMs: clock.nowMs + 30_000, source: 'alarm' });
  });

  it('gives the probe to another when its holder never reports', async () => {
    await openByAlarm();
    clock.advance(30_000);
    const held = await store().read();
    await store().replace(held, transition(held, { type: 'probe-started', leaseMs: 7000 }, clock.nowMs, CIRCUIT));
    const gateway = environment();
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    clock.advance(7000);
    expect(await statuses(gateway, 1)).toEqual([200]);
    expect(await store().read()).toMatchObject({ state: 'closed' });
  });

  it('forgets the failures from before it opened', async () => {
    status = 500;
    const gateway = environment({ openForMs: 1000 });
    await statuses(gateway, 5);
    clock.advance(1000);
    status = 200;
    await statuses(gateway, 1);
    status = 500;
    expect(await statuses(gateway, 4)).toEqual([500, 500, 500, 500]);
    expect(await store().read()).toMatchObject({ state: 'closed' });
  });
});

it('a table that does not answer is no reason to refuse', async () => {
  const gone = await startTable();
  await gone.stop();
  const policy = servicePolicy({ upstream: upstream.url });
  const created = createEnvironment({ policy, table: gone, clock, counters });
  opened.push(created);
  expect(await created.send({ verdict: ALICE })).toMatchObject({ statusCode: 200 });
  expect(output.lines[0]).toMatchObject({ StoreErrors: 1 });
});

it('a table that never answers holds up neither the answer nor its line', async () => {
  const silent = await serveTcp(() => undefined);
  const hanging = await serveTcp(() => undefined);
  const client = new DynamoDBClient({
    endpoint: silent.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const policy = servicePolicy({
    upstream: hanging.url,
    timeoutMs: 50,
    circuit: { ...CIRCUIT, minRequests: 1 },
  });
  const created = createEnvironment({ policy, table: { ...table, client }, clock, counters, waits: WAITS });
  opened.push(created);
  expect(problemOf(await created.send({ verdict: ALICE }))).toMatchObject({ code: 'upstream_timeout' });
  expect(output.lines).toMatchObject([{ status: 504, Failures: 1 }]);
  client.destroy();
  await Promise.all([silent.stop(), hanging.stop()]);
});

it('a request that cannot be sent takes no probe with it', async () => {
  const signal = { type: 'trip', source: 'alarm', reason: 'alarm', atMs: clock.nowMs } as const;
  await store().replace(INITIAL_CIRCUIT, transition(INITIAL_CIRCUIT, signal, clock.nowMs, CIRCUIT));
  const gateway = environment();
  clock.advance(30_000);
  const unsendable = { verdict: ALICE, headers: { 'x-a': 'line\nbreak' } };
  expect(problemOf(await gateway.send(unsendable))).toMatchObject({ code: 'bad_request' });
  expect(await statuses(gateway, 1)).toEqual([200]);
});

it('a table that is slow makes no second probe; one that fails makes no upstream shut out for ever', async () => {
  const signal = { type: 'trip', source: 'alarm', reason: 'alarm', atMs: clock.nowMs } as const;
  await store().replace(INITIAL_CIRCUIT, transition(INITIAL_CIRCUIT, signal, clock.nowMs, CIRCUIT));
  const faulty = faultyClient(table);
  const policy = servicePolicy({ gateway: `fleet-${gateways}`, upstream: upstream.url, circuit: CIRCUIT });
  const created = createEnvironment({
    policy,
    table: { ...table, client: faulty.client },
    clock,
    counters,
    waits: { load: 60_000, read: 60_000, write: WAITS.write },
  });
  opened.push(created);
  expect(await statuses(created, 1)).toEqual([503]);
  clock.advance(30_000);
  faulty.fault = (command) => (command === 'PutItem' ? 'hangs' : 'none');
  expect(problemOf(await created.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
  expect(calls).toBe(0);
  faulty.fault = () => 'fails';
  expect(await statuses(created, 1)).toEqual([200]);
  faulty.client.destroy();
});
