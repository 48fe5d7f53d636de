import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { createTrip } from '../../../lambdas/alarm/trip.ts';
import { CIRCUIT_DEFAULTS, timingOf } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit/circuit-state.ts';
import { circuitPartition } from '../../../lambdas/contract/table.ts';
import { type Signal, transition } from '../../../lambdas/core/circuit/circuit.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { type FaultyClient, faultyClient } from '../../support/aws/faulty-dynamodb.ts';
import { TestClock } from '../../support/clock.ts';
import { captureLines } from '../../support/lines.ts';
import { actionEvent, bridgeEvent, reasonDataOf, type ToldChange } from './events.ts';

const MINUTE_MS = 60_000;
const USERS = { ...timingOf(CIRCUIT_DEFAULTS), openForMs: 30_000, probes: 1, successes: 1, rampUpMs: 0, shadow: false };
const SERVICES = { users: USERS, orders: { ...USERS, openForMs: 60_000 } };

let table: TestTable;
let faulty: FaultyClient;
let gateway = '';
let count = 0;
let clock: TestClock;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  count += 1;
  gateway = `gateway-${count}`;
  clock = new TestClock();
  faulty = faultyClient(table);
  output = captureLines();
});
afterEach(() => output.restore());

function storeOf(service: string): CircuitStore {
  return new CircuitStore(sdkTable(faulty.client, table.name), { gateway, service });
}

function trip(event: unknown): Promise<void> {
  const config = { gateway, namespace: 'Tollgate', services: SERVICES };
  return createTrip({ config, storeOf, clock: clock.now, random: () => 0 })(event);
}

/** The failures of users, now, unless told otherwise. */
function told(changes: Partial<ToldChange> = {}): ToldChange {
  return { alarmName: `${gateway}-users-failures`, atMs: clock.nowMs, ...changes };
}

const fire = (changes: Partial<ToldChange> = {}) => trip(actionEvent(told(changes)));
const users = () => storeOf('users').read();

async function historyOf(service: string): Promise<readonly string[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :history)',
      ExpressionAttributeValues: { ':pk': { S: circuitPartition(gateway, service) }, ':history': { S: 'history#' } },
    }),
  );
  return Items.map(({ state, source, reason }) => `${state?.S} by ${source?.S}: ${reason?.S}`);
}

/** Moves the circuit of users by a signal. */
async function move(signal: Signal): Promise<CircuitState> {
  const circuit = await users();
  const next = transition(circuit, signal, { nowMs: clock.nowMs, random: 0 }, USERS);
  expect(await storeOf('users').replace(circuit, next)).toBe(next);
  return next;
}

async function closeAgain(): Promise<void> {
  clock.advance(USERS.openForMs);
  await move({ type: 'probe-started', id: 'a', leaseMs: 1000, by: 'test' });
  expect(await move({ type: 'probe-succeeded', id: 'a', by: 'test' })).toMatchObject({ state: 'closed' });
}

const said = () => output.lines.map(({ message, why }) => (why === undefined ? message : `${message}: ${why}`));

describe('an alarm of a service', () => {
  it('opens the circuit of that service and of no other', async () => {
    await fire({ alarmName: `${gateway}-orders-failures`, atMs: clock.nowMs - 200 });
    expect(await storeOf('orders').read()).toEqual({
      state: 'open',
      version: 1,
      atMs: clock.nowMs,
      openedAtMs: clock.nowMs,
      retryAtMs: clock.nowMs + 60_000,
      reopenings: 0,
      alarmAtMs: clock.nowMs - 200,
      source: 'alarm',
      by: `${gateway}-orders-failures`,
      reason: '62.5 % of requests failed within 10 s',
      figures: { failurePercent: 62.5 },
    });
    expect(await users()).toEqual(INITIAL_CIRCUIT);
  });

  it('opens it for throttles and for slow answers as well, and says so', async () => {
    await fire({ alarmName: `${gateway}-orders-throttles`, reasonData: reasonDataOf(0.4) });
    await fire({ reasonData: reasonDataOf(2210) });
    expect(await storeOf('orders').read()).toMatchObject({ state: 'open', figures: { throttledPercent: 40 } });
    expect(await users()).toMatchObject({ state: 'open', figures: { latencyMs: 2210 } });
  });

  it('opens it by EventBridge’s event alike', async () => {
    await trip(bridgeEvent(told()));
    expect(await users()).toMatchObject({ state: 'open', source: 'alarm', alarmAtMs: clock.nowMs });
  });

  it('leaves a history item, a log line and a metric', async () => {
    await fire();
    expect(await historyOf('users')).toEqual(['open by alarm: 62.5 % of requests failed within 10 s']);
    expect(output.lines).toMatchObject([
      {
        message: 'circuit open',
        service: 'users',
        source: 'alarm',
        by: `${gateway}-users-failures`,
        figures: { failurePercent: 62.5 },
        Service: 'users',
        CircuitOpened: 1,
      },
    ]);
  });
});

describe('an event that comes again', () => {
  it('changes nothing, whether as it was or by the other way', async () => {
    const change = told();
    await trip(actionEvent(change));
    clock.advance(1000);
    await trip(actionEvent(change));
    await trip(bridgeEvent(change));
    expect(await users()).toMatchObject({ version: 1 });
    expect(await historyOf('users')).toHaveLength(1);
    expect(said()).toEqual(['circuit open', 'history completed', 'history completed']);
  });

  it('does not open a circuit that has closed since', async () => {
    const change = told();
    await trip(actionEvent(change));
    await closeAgain();
    await trip(actionEvent(change));
    expect(await users()).toMatchObject({ state: 'closed', version: 3 });
    expect(said()).toEqual(['circuit open', 'alarm ignored: it changes nothing']);
  });

  it('three times at once opens the circuit once', async () => {
    const event = actionEvent(told());
    await Promise.all([trip(event), trip(event), trip(event)]);
    expect(await users()).toMatchObject({ state: 'open', version: 1 });
    expect(said().filter((line) => line === 'circuit open')).toHaveLength(1);
    expect(await historyOf('users')).toHaveLength(1);
  });

  it('after the table failed between the circuit and its history completes the history', async () => {
    const change = told();
    let puts = 0;
    faulty.fault = (command) => {
      puts += command === 'PutItem' ? 1 : 0;
      return command === 'PutItem' && puts === 2 ? 'fails' : 'none';
    };
    await expect(trip(actionEvent(change))).rejects.toThrow('the table is gone');
    expect([await users(), await historyOf('users')]).toMatchObject([{ state: 'open' }, []]);
    clock.advance(MINUTE_MS);
    await trip(actionEvent(change));
    expect(await historyOf('users')).toEqual(['open by alarm: 62.5 % of requests failed within 10 s']);
    expect(await users()).toMatchObject({ version: 1 });
    expect(said()).toEqual(['circuit open', 'history completed']);
  });
});

describe('an event out of order', () => {
  it('older than the last one that opened the circuit changes nothing, also once the circuit is closed', async () => {
    await fire();
    await closeAgain();
    await fire({ atMs: clock.nowMs - USERS.openForMs - 1000 });
    await fire({ atMs: clock.nowMs - USERS.openForMs });
    expect(await users()).toMatchObject({ state: 'closed' });
  });

  it('newer than the closing opens it again', async () => {
    await fire();
    await closeAgain();
    clock.advance(1000);
    await fire();
    expect(await users()).toMatchObject({ state: 'open', version: 4, alarmAtMs: clock.nowMs });
  });
});

describe('an event of another time', () => {
  it.each([
    ['a minute late', -MINUTE_MS],
    ['five minutes late', -5 * MINUTE_MS],
    ['a minute ahead: clocks disagree', MINUTE_MS],
  ])('that is %s opens the circuit', async (_, offMs) => {
    await fire({ atMs: clock.nowMs + offMs });
    expect(await users()).toMatchObject({ state: 'open', alarmAtMs: clock.nowMs + offMs });
  });

  it.each([
    ['more than five minutes late', -5 * MINUTE_MS - 1, 'it is stale'],
    ['more than five minutes ahead', 5 * MINUTE_MS + 1, 'it is dated in the future'],
  ])('that is %s is ignored', async (_, offMs, why) => {
    await fire({ atMs: clock.nowMs + offMs });
    expect(await users()).toEqual(INITIAL_CIRCUIT);
    expect(said()).toEqual([`alarm ignored: ${why}`]);
  });
});

describe('what concerns no circuit', () => {
  it.each([
    ['an unknown service', () => `${gateway}-unknown-failures`],
    ['another gateway', () => 'another-users-failures'],
    ['another alarm of the service', () => `${gateway}-users-latency`],
    ['an object’s own property', () => `${gateway}-constructor-failures`],
  ])('an alarm of %s is ignored with a line, and no table is asked', async (_, alarmName) => {
    await fire({ alarmName: alarmName() });
    expect(said()).toEqual(['alarm ignored: it is the alarm of no circuit']);
    expect(faulty.calls).toEqual([]);
  });

  it.each(['OK', 'INSUFFICIENT_DATA', 'alarm', ''])('a change to "%s" is ignored with a line', async (value) => {
    await fire({ value });
    expect(said()).toEqual(['alarm ignored: only the state ALARM opens a circuit']);
    expect(faulty.calls).toEqual([]);
  });

  it('an event that is no alarm’s is dropped with its fault: a second try would find it no better', async () => {
    await trip({ alarmData: { alarmName: `${gateway}-users-failures`, state: { value: 'ALARM' } } });
    expect(said()).toEqual([
      'alarm ignored: DecodeError: event.alarmData.state.reason must be a string, got undefined',
    ]);
    expect(faulty.calls).toEqual([]);
  });

  it('no JSON at all makes it fail, nor calls the table', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), (event) => trip(event)));
    expect(new Set(output.lines.map(({ message }) => message))).toEqual(new Set(['alarm ignored']));
    expect(faulty.calls).toEqual([]);
  });

  it('nor does an event of a circuit’s own alarm in which something is something else', async () => {
    await fc.assert(fc.asyncProperty(almostAlarms(told()), (event) => trip(event)));
    expect(await users()).toMatchObject({ version: 1 });
  });
});

/** Events of an alarm in which one field has another value. */
function almostAlarms(change: ToldChange): fc.Arbitrary<unknown> {
  const fields = ['alarmName', 'value', 'reason', 'reasonData', 'timestamp', 'detail-type', 'state', 'configuration'];
  return fc
    .record({
      event: fc.constantFrom(actionEvent(change), bridgeEvent(change)),
      field: fc.constantFrom(...fields),
      value: fc.jsonValue(),
    })
    .map(({ event, field, value }) =>
      JSON.parse(JSON.stringify(event), (key, original) => (key === field ? value : original)),
    );
}

describe('an operator’s hand', () => {
  it.each(['forced-open', 'forced-closed'] as const)('that holds a circuit %s is not moved by an alarm', async (to) => {
    await move({ type: 'force', to, untilMs: 0, by: 'alice', reason: 'maintenance' });
    await fire();
    expect(await users()).toMatchObject({ state: to, version: 1 });
  });

  it('that has ended by itself is no obstacle any more', async () => {
    await move({ type: 'force', to: 'forced-closed', untilMs: clock.nowMs + 1000, by: 'alice', reason: 'test' });
    clock.advance(2000);
    await fire();
    expect(await users()).toMatchObject({ state: 'open', source: 'alarm' });
  });
});

describe('an item that somebody edited into nonsense', () => {
  const put = (fields: Record<string, { S: string } | { N: string }>) =>
    table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: { pk: { S: circuitPartition(gateway, 'users') }, sk: { S: 'state' }, ...fields },
      }),
    );

  it.each([
    ['a state that is none', { state: { S: 'ajar' }, version: { N: '7' } }],
    ['a time that is a text', { state: { S: 'open' }, version: { N: '7' }, openedAtMs: { S: 'noon' } }],
  ])('%s is repaired: an open circuit of a greater version takes its place', async (_, fields) => {
    await put(fields);
    await fire();
    expect(await users()).toMatchObject({ state: 'open', source: 'alarm', version: 8 });
    expect(await historyOf('users')).toHaveLength(1);
    expect(said()).toEqual(['circuit open']);
  });

  it('without a version is repaired too, and moves on from there', async () => {
    await put({ state: { S: '' } });
    await fire();
    await closeAgain();
    expect(await users()).toMatchObject({ state: 'closed' });
  });
});

describe('the table', () => {
  it.each(['GetItem', 'PutItem'])(
    'that fails at %s makes the invocation fail, so that Lambda tries again',
    async (gone) => {
      faulty.fault = (command) => (command === gone ? 'fails' : 'none');
      await expect(fire()).rejects.toThrow('the table is gone');
      faulty.fault = () => 'none';
      await fire();
      expect(await users()).toMatchObject({ state: 'open', version: 1 });
    },
  );

  it('in which two alarms of a service meet opens the circuit for one of them', async () => {
    const throttles = { alarmName: `${gateway}-users-throttles`, atMs: clock.nowMs + 5 };
    await Promise.all([fire(), fire(throttles)]);
    expect(await users()).toMatchObject({ state: 'open', version: 1 });
    expect(await historyOf('users')).toHaveLength(1);
    expect(said().toSorted()).toEqual(['alarm ignored: it changes nothing', 'circuit open']);
  });
});
