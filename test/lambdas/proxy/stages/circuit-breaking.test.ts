import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitStore } from '../../../../lambdas/adapters/circuit/circuit-store.ts';
import { ALONE_AFTER_MS, WAITS } from '../../../../lambdas/adapters/circuit/circuit-view.ts';
import { MemoryOutcomes } from '../../../../lambdas/adapters/circuit/memory-outcomes.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { ANY_JWT } from '../../../../lambdas/contract/auth/auth-policy.ts';
import type { CircuitPolicy } from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import type { ServicePolicy } from '../../../../lambdas/contract/policy.ts';
import { type Signal, transition } from '../../../../lambdas/core/circuit/circuit.ts';
import { OVERHEAD_ALLOWANCE } from '../../../../lib/gateway/props/overhead-allowance.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { faultyClient } from '../../../support/aws/faulty-dynamodb.ts';
import { forced, started, tripped } from '../../../support/circuit/circuits.ts';
import { TestClock } from '../../../support/clock.ts';
import { type Counters, memoryCounters } from '../../../support/counters.ts';
import { ALICE } from '../../../support/event.ts';
import { captureLines } from '../../../support/lines.ts';
import { circuitPolicy, servicePolicy } from '../../../support/policy.ts';
import { serveHttp, serveTcp, type TestServer } from '../../../support/upstreams/upstream.ts';
import { createInstance, type InstanceOptions, problemOf, type TestInstance } from '../gateway.ts';

const CIRCUIT = circuitPolicy();

let table: TestTable;
let upstream: TestServer;
/** What the upstream answers next, and how often it was asked. */
let status = 200;
let calls = 0;
let gateways = 0;
let clock: TestClock;
let counters: Counters;
let output: ReturnType<typeof captureLines>;
const opened: TestInstance[] = [];

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
  counters = memoryCounters(clock.now);
  output = captureLines();
});
afterEach(() => {
  output.restore();
  for (const instance of opened.splice(0)) instance.close();
});

/** An instance of the function; all of one test share clock, counters and table, as a fleet does. */
function instance(
  circuit: Partial<CircuitPolicy> = {},
  options: Partial<InstanceOptions> & { readonly service?: Partial<ServicePolicy> } = {},
): TestInstance {
  const policy = servicePolicy({
    gateway: `fleet-${gateways}`,
    upstream: upstream.url,
    default: { auth: ANY_JWT, limits: [], cost: 1 },
    circuit: { ...CIRCUIT, ...circuit },
    ...options.service,
  });
  const created = createInstance({ policy, table, clock, counters, ...options });
  opened.push(created);
  return created;
}

function store(): CircuitStore {
  return new CircuitStore(sdkTable(table.client, table.name), { gateway: `fleet-${gateways}`, service: 'users' });
}

/** Moves the circuit as somebody outside of the fleet does. */
async function moveBy(signal: Signal): Promise<CircuitState> {
  const circuit = await store().read({ consistent: true });
  return store().replace(circuit, transition(circuit, signal, { nowMs: clock.nowMs, random: 0 }, CIRCUIT));
}

const openByAlarm = () => moveBy(tripped(clock.nowMs, 'alarm'));

async function statuses(instance: TestInstance, count: number): Promise<unknown[]> {
  const seen = [];
  for (let index = 0; index < count; index += 1) seen.push((await instance.send({ verdict: ALICE })).statusCode);
  return seen;
}

describe('outcomes', () => {
  it('open the circuit at the fifth failure; the upstream is then not called any more', async () => {
    status = 503;
    const gateway = instance();
    expect(await statuses(gateway, 5)).toEqual([503, 503, 503, 503, 503]);
    const refused = await gateway.send({ verdict: ALICE });
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'circuit_open' });
    expect(refused.headers).toMatchObject({ 'retry-after': '30' });
    expect(calls).toBe(5);
    expect(await store().read()).toMatchObject({
      state: 'open',
      source: 'outcomes',
      reason: '5 of 5 calls failed within 10 s',
    });
    expect(output.lines.at(-1)).toMatchObject({ circuit: 'open', CircuitRejected: 1 });
    expect(output.lines.at(-1)).not.toHaveProperty('Failures');
  });

  it('of several instances are counted together, and open the circuit for those that saw no failure', async () => {
    const [first, second, third] = [instance(), instance(), instance()];
    await statuses(third, 1);
    status = 500;
    await statuses(first, 3);
    await statuses(second, 3);
    clock.advance(5000);
    expect(problemOf(await third.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
  });

  it('do not open it below the share, below the volume, or for the client’s own errors', async () => {
    const gateway = instance();
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
    await statuses(instance({ outcomes: false }), 20);
    expect(await store().read()).toEqual(INITIAL_CIRCUIT);
    expect(calls).toBe(20);
  });
});

describe('an open circuit', () => {
  it('that an alarm opened is known to a new instance with its first request', async () => {
    await openByAlarm();
    expect(problemOf(await instance({ outcomes: false }).send({ verdict: ALICE }))).toMatchObject({
      code: 'circuit_open',
    });
    expect(calls).toBe(0);
  });

  it('lets no more requests of all instances try than it takes to close, and closes when they succeed', async () => {
    await openByAlarm();
    const fleet = Array.from({ length: 8 }, () => instance());
    for (const member of fleet) await member.send({ verdict: ALICE });
    clock.advance(30_000);
    const results = await Promise.all(fleet.map((member) => member.send({ verdict: ALICE })));
    const passed = results.filter(({ statusCode }) => statusCode === 200).length;
    expect(passed).toBeGreaterThanOrEqual(1);
    expect(calls).toBe(passed);
    for (let left = 3 - passed; left > 0; left -= 1) await instance().send({ verdict: ALICE });
    expect(calls).toBe(3);
    expect(await store().read()).toMatchObject({ state: 'closed', reason: '3 of 3 probes succeeded' });
    clock.advance(5000);
    const again = await Promise.all(fleet.map((member) => member.send({ verdict: ALICE })));
    expect(again.map(({ statusCode }) => statusCode)).toEqual(fleet.map(() => 200));
  });

  it('stays open for another while when a probe fails, and longer each time', async () => {
    await openByAlarm();
    status = 500;
    const gateway = instance();
    clock.advance(30_000);
    expect(await statuses(gateway, 1)).toEqual([500]);
    expect(await statuses(gateway, 3)).toEqual([503, 503, 503]);
    expect(await store().read()).toMatchObject({
      state: 'open',
      retryAtMs: clock.nowMs + 30_000,
      reopenings: 1,
      by: 'an instance',
      reason: expect.stringMatching(/^a probe was answered 500 after \d+ ms$/),
    });
    clock.advance(30_000);
    expect(await statuses(gateway, 1)).toEqual([500]);
    expect(await store().read()).toMatchObject({ state: 'open', retryAtMs: clock.nowMs + 60_000, reopenings: 2 });
  });

  it('gives the place of a probe to another when its holder never reports', async () => {
    await openByAlarm();
    clock.advance(30_000);
    for (const id of ['a', 'b', 'c']) await moveBy(started(id));
    const gateway = instance();
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    clock.advance(10_000);
    expect(await statuses(gateway, 3)).toEqual([200, 200, 200]);
    expect(await store().read()).toMatchObject({ state: 'closed' });
  });

  it('forgets the failures from before it opened', async () => {
    status = 500;
    const gateway = instance({ openForMs: 1000, rampUpMs: 0 });
    await statuses(gateway, 5);
    clock.advance(1000);
    status = 200;
    await statuses(gateway, 3);
    status = 500;
    expect(await statuses(gateway, 4)).toEqual([500, 500, 500, 500]);
    expect(await store().read()).toMatchObject({ state: 'closed' });
  });

  it('answers the fallback of its service, and tells that it is one', async () => {
    await openByAlarm();
    const fallback = { status: 200, contentType: 'application/json', body: '{"items":[]}' };
    const answer = await instance({ fallback }).send({ verdict: ALICE });
    expect(answer).toMatchObject({ statusCode: 200, body: '{"items":[]}' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-fallback': 'circuit_open',
    });
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(output.lines.at(-1)).toMatchObject({
      status: 200,
      circuit: 'open',
      fallback: true,
      CircuitRejected: 1,
    });
    const told = await instance({ fallback: { ...fallback, status: 503 } }).send({ verdict: ALICE });
    expect(told.headers).toMatchObject({ 'retry-after': '30' });
  });

  it('writes of no fallback where none was answered', async () => {
    const fallback = { status: 200, contentType: 'application/json', body: '{}' };
    await statuses(instance({ fallback }), 1);
    expect(output.lines.at(-1)).not.toHaveProperty('fallback');
    await openByAlarm();
    await statuses(instance(), 1);
    expect(output.lines.at(-1)).toMatchObject({ status: 503, circuit: 'open' });
    expect(output.lines.at(-1)).not.toHaveProperty('fallback');
  });
});

describe('a circuit in shadow mode', () => {
  it('rejects nothing, and reports what it would have rejected', async () => {
    status = 503;
    const gateway = instance({ shadow: true });
    expect(await statuses(gateway, 7)).toEqual([503, 503, 503, 503, 503, 503, 503]);
    expect(calls).toBe(7);
    expect(await store().read()).toMatchObject({ state: 'open' });
    expect(output.lines.at(-1)).toMatchObject({ circuit: 'open', circuit_shadow: true, CircuitShadowRejected: 1 });
    expect(output.lines.at(-1)).not.toHaveProperty('CircuitRejected');
  });

  it('goes through its states all the same', async () => {
    await openByAlarm();
    const gateway = instance({ shadow: true });
    expect(await statuses(gateway, 2)).toEqual([200, 200]);
    expect(await store().read()).toMatchObject({ state: 'open' });
    clock.advance(30_000);
    expect(await statuses(gateway, 3)).toEqual([200, 200, 200]);
    expect(await store().read()).toMatchObject({ state: 'closed' });
  });

  it('rejects while it is opened by hand', async () => {
    await moveBy(forced('forced-open'));
    expect(problemOf(await instance({ shadow: true }).send({ verdict: ALICE }))).toMatchObject({
      code: 'circuit_open',
    });
  });
});

describe('a circuit that has just closed', () => {
  it('lets pass a share of the requests that grows', async () => {
    await openByAlarm();
    clock.advance(30_000);
    let random = 0;
    const gateway = instance({}, { random: () => random });
    await statuses(gateway, 3);
    random = 0.5;
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    expect(output.lines.at(-1)).toMatchObject({ status: 503, circuit: 'ramp-up', CircuitRejected: 1 });
    clock.advance(2400);
    expect(await statuses(gateway, 1)).toEqual([503]);
    clock.advance(200);
    expect(await statuses(gateway, 1)).toEqual([200]);
  });
});

describe('what counts', () => {
  it('as a failure is up to the service', async () => {
    status = 503;
    await statuses(instance({ failureStatuses: [502, 504] }), 8);
    expect(await store().read()).toEqual(INITIAL_CIRCUIT);
    await statuses(instance({ failureStatuses: [502, 503] }), 5);
    expect(await store().read()).toMatchObject({ state: 'open' });
  });

  it('as slow opens the circuit by its own share', async () => {
    const slow = await serveHttp((_, response) => void setTimeout(() => response.end(), 30));
    const gateway = instance({ slow: { overMs: 20, share: 0.9 } }, { service: { upstream: slow.url } });
    expect(await statuses(gateway, 6)).toEqual([200, 200, 200, 200, 200, 503]);
    expect(await store().read()).toMatchObject({
      state: 'open',
      reason: '5 of 5 calls took 20 ms or longer within 10 s',
      figures: { calls: 5, slow: 5 },
    });
    await slow.stop();
  });

  it('as a timeout or a reset may be told not to', async () => {
    const silent = await serveTcp(() => undefined);
    const rude = await serveTcp((socket) => socket.destroy());
    const service = { timeoutMs: 20 };
    await statuses(instance({ failOnTimeout: false }, { service: { ...service, upstream: silent.url } }), 6);
    await statuses(instance({ failOnReset: false }, { service: { ...service, upstream: rude.url } }), 6);
    expect(await store().read()).toEqual(INITIAL_CIRCUIT);
    await statuses(instance({}, { service: { ...service, upstream: rude.url } }), 5);
    expect(await store().read()).toMatchObject({ state: 'open' });
    await Promise.all([silent.stop(), rude.stop()]);
  });
});

describe('a health check', () => {
  let paths: string[];
  let isWell: boolean;
  let checked: TestServer;

  beforeEach(async () => {
    paths = [];
    isWell = true;
    checked = await serveHttp((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(isWell ? 200 : 500).end();
    });
  });
  afterEach(() => checked.stop());

  const checking = (circuit: Partial<CircuitPolicy> = {}) =>
    instance(
      { healthCheck: '/healthz?deep=1', ...circuit },
      // The request that closed the circuit is forwarded, although half of the others are not yet.
      { service: { upstream: `${checked.url}/base` }, random: () => 0.5 },
    );

  it('is asked in place of the client’s request, which is forwarded when the checks have closed the circuit', async () => {
    await openByAlarm();
    clock.advance(30_000);
    expect(await checking().send({ verdict: ALICE })).toMatchObject({ statusCode: 200 });
    expect(paths).toEqual([...Array.from({ length: 3 }, () => '/base/healthz?deep=1'), '/base/42']);
    expect(await store().read()).toMatchObject({ state: 'closed' });
  });

  it('that fails opens the circuit again, and no client’s request was risked', async () => {
    await openByAlarm();
    clock.advance(30_000);
    isWell = false;
    const refused = await checking().send({ verdict: ALICE });
    expect(problemOf(refused)).toMatchObject({ code: 'circuit_open' });
    expect(refused.headers).toMatchObject({ 'retry-after': '30' });
    expect(paths).toEqual(['/base/healthz?deep=1']);
    expect(await store().read()).toMatchObject({ state: 'open', reason: 'GET /healthz?deep=1 was answered 500' });
  });

  it('keeps nobody waiting in shadow mode, where requests are probes as they come', async () => {
    await openByAlarm();
    clock.advance(30_000);
    isWell = false;
    expect(await statuses(checking({ shadow: true }), 2)).toEqual([500, 500]);
    expect(paths).toEqual(['/base/42', '/base/42']);
    expect(await store().read()).toMatchObject({ state: 'open', reopenings: 1 });
  });

  it('that is not answered ends within the request’s deadline', async () => {
    const silent = await serveTcp(() => undefined);
    await openByAlarm();
    clock.advance(30_000);
    const gateway = instance({ healthCheck: '/healthz' }, { service: { upstream: silent.url, timeoutMs: 50 } });
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    expect(await store().read()).toMatchObject({ state: 'open', reopenings: 1 });
    await silent.stop();
  });
});

describe('an operator', () => {
  it('opens and closes a circuit for every instance, whatever is seen of the service', async () => {
    const gateway = instance();
    expect(await statuses(gateway, 1)).toEqual([200]);
    await moveBy(forced('forced-open', clock.nowMs + 60_000));
    clock.advance(5000);
    expect((await gateway.send({ verdict: ALICE })).headers).toMatchObject({ 'retry-after': '55' });
    await moveBy(forced('forced-closed', clock.nowMs + 60_000));
    clock.advance(5000);
    status = 500;
    expect(await statuses(gateway, 10)).toEqual(Array.from({ length: 10 }, () => 500));
    clock.advance(60_000);
    await statuses(gateway, 5);
    expect(await store().read()).toMatchObject({ state: 'open', source: 'outcomes' });
  });
});

describe('while the table fails', () => {
  function cutOff(): { readonly gateway: TestInstance; readonly faulty: ReturnType<typeof faultyClient> } {
    const faulty = faultyClient(table);
    return { gateway: instance({ rampUpMs: 0 }, { table: { ...table, client: faulty.client } }), faulty };
  }

  it('an instance opens, tries and closes by itself, and goes back to the table when it answers', async () => {
    const { gateway, faulty } = cutOff();
    await statuses(gateway, 1);
    faulty.fault = () => 'fails';
    status = 503;
    await statuses(gateway, 5);
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    clock.advance(30_000);
    status = 200;
    expect(await statuses(gateway, 4)).toEqual([200, 200, 200, 200]);
    expect(await store().read()).toEqual(INITIAL_CIRCUIT);
    await moveBy(forced('forced-open'));
    faulty.fault = () => 'none';
    clock.advance(5000);
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    faulty.client.destroy();
  });

  it('counts that others ended open the circuit here alone', async () => {
    class Ended extends MemoryOutcomes {
      override async record(...outcomes: Parameters<MemoryOutcomes['record']>) {
        return { ...(await super.record(...outcomes)), endedBy: 1 };
      }
    }
    const faulty = faultyClient(table);
    const ended = { outcomes: new Ended(clock.now) };
    const gateway = instance({}, { table: { ...table, client: faulty.client }, counters: ended });
    faulty.fault = () => 'fails';
    status = 503;
    await statuses(gateway, 5);
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    expect(calls).toBe(5);
    faulty.client.destroy();
  });

  it('a circuit that was last known to be open stays so for its time', async () => {
    await openByAlarm();
    const { gateway, faulty } = cutOff();
    expect(await statuses(gateway, 1)).toEqual([503]);
    faulty.fault = () => 'fails';
    clock.advance(29_999);
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    // To try it without the others does not come at the first failure.
    clock.advance(1);
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    clock.advance(ALONE_AFTER_MS);
    expect(await statuses(gateway, 1)).toEqual([200]);
    faulty.client.destroy();
  });
});

it('an instance that lost the race for a place leaves the next one to others for a while', async () => {
  await openByAlarm();
  const faulty = faultyClient(table);
  const gateway = instance({ probes: 2 }, { table: { ...table, client: faulty.client } });
  clock.advance(29_500);
  await statuses(gateway, 1);
  clock.advance(500);
  await moveBy(started('of another'));
  expect(await statuses(gateway, 5)).toEqual([503, 503, 503, 503, 503]);
  expect(faulty.calls.filter((command) => command === 'PutItem')).toHaveLength(1);
  clock.advance(200);
  expect(await statuses(gateway, 1)).toEqual([200]);
  faulty.client.destroy();
});

describe('a lease that its request did not live to use', () => {
  /** An instance whose write of a lease the test holds up, or whose answer is lost. */
  async function late(waits: NonNullable<InstanceOptions['waits']>) {
    await openByAlarm();
    const faulty = faultyClient(table);
    const gateway = instance({}, { table: { ...table, client: faulty.client }, waits });
    await statuses(gateway, 1);
    clock.advance(30_000);
    return { gateway, faulty };
  }
  const patient = { load: 60_000, read: 60_000, write: 60_000 };
  const leases = async () => {
    const circuit = await store().read({ consistent: true });
    return circuit.state === 'half-open' ? Object.keys(circuit.leases).length : Number.NaN;
  };

  it.each(['too late', 'with its answer lost'])('written %s, is the next request’s of that instance', async (how) => {
    const { gateway, faulty } = await late(how === 'too late' ? { ...patient, write: 20 } : patient);
    const gate = Promise.withResolvers<void>();
    if (how === 'too late') hold(faulty.client, gate.promise);
    else faulty.fault = (command) => (command === 'PutItem' ? 'answer lost' : 'none');
    expect(problemOf(await gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
    faulty.fault = () => 'none';
    gate.resolve();
    await vi.waitFor(async () => expect(await statuses(gateway, 1)).toEqual([200]));
    await vi.waitFor(async () => expect(await leases()).toBe(0));
    expect(await store().read()).toMatchObject({ state: 'half-open', succeeded: 1 });
    expect(calls).toBe(1);
    faulty.client.destroy();
  });

  describe('is given back', () => {
    let lateOne: Awaited<ReturnType<typeof late>>;

    beforeEach(async () => {
      lateOne = await late({ ...patient, write: 20 });
      const gate = Promise.withResolvers<void>();
      hold(lateOne.faulty.client, gate.promise);
      expect(problemOf(await lateOne.gateway.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
      gate.resolve();
      await vi.waitFor(async () => expect(await leases()).toBe(1));
    });
    afterEach(() => lateOne.faulty.client.destroy());

    it('after a second in which no request came', async () => {
      await vi.waitFor(async () => expect(await leases()).toBe(0), { timeout: 10_000 });
    });

    it('where it will not last for a request', async () => {
      // One of seven seconds is left, and a request may take two.
      clock.advance(6000);
      await lateOne.gateway.send({ verdict: ALICE });
      await vi.waitFor(async () => expect(await leases()).toBe(0));
    });
  });

  function hold(client: DynamoDBClient, gate: Promise<void>): void {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'PutItemCommand') await gate;
          return next(args);
        },
      { step: 'initialize' },
    );
  }
});

it('a transition is in the history before the reply leaves', async () => {
  status = 503;
  await statuses(instance(), 5);
  expect(await store().history(5)).toMatchObject([{ state: 'open', version: 1, atMs: clock.nowMs }]);
});

it('no request waits longer for the table than its function has beside its upstream', () => {
  expect(WAITS.read + 4 * WAITS.write).toBeLessThan(OVERHEAD_ALLOWANCE.toMilliseconds());
});

it('a table that does not answer is no reason to refuse', async () => {
  const gone = await startTable();
  await gone.stop();
  const policy = servicePolicy({ upstream: upstream.url });
  const created = createInstance({ policy, table: gone, clock, counters });
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
  const created = createInstance({ policy, table: { ...table, client }, clock, counters, waits: WAITS });
  opened.push(created);
  expect(problemOf(await created.send({ verdict: ALICE }))).toMatchObject({ code: 'upstream_timeout' });
  expect(output.lines).toMatchObject([{ status: 504, Failures: 1 }]);
  client.destroy();
  await Promise.all([silent.stop(), hanging.stop()]);
});

it('a request that cannot be sent takes no probe with it', async () => {
  await openByAlarm();
  const gateway = instance();
  clock.advance(30_000);
  const unsendable = { verdict: ALICE, headers: { 'x-a': 'line\nbreak' } };
  expect(problemOf(await gateway.send(unsendable))).toMatchObject({ code: 'bad_request' });
  expect(await statuses(gateway, 1)).toEqual([200]);
});

it('a table that is slow makes no second probe; one that fails makes no upstream shut out for ever', async () => {
  await openByAlarm();
  const faulty = faultyClient(table);
  const policy = servicePolicy({ gateway: `fleet-${gateways}`, upstream: upstream.url, circuit: CIRCUIT });
  const created = createInstance({
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
  clock.advance(1000);
  expect(problemOf(await created.send({ verdict: ALICE }))).toMatchObject({ code: 'circuit_open' });
  clock.advance(ALONE_AFTER_MS);
  expect(await statuses(created, 1)).toEqual([200]);
  faulty.client.destroy();
});
