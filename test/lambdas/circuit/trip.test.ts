import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit-store.ts';
import { createTrip } from '../../../lambdas/circuit/trip.ts';
import { INITIAL_CIRCUIT, transition } from '../../../lambdas/core/circuit.ts';
import { TestClock } from '../../support/clock.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { captureLines } from '../../support/lines.ts';

const SERVICES = { users: { openForMs: 30_000 }, orders: { openForMs: 60_000 } };

let table: TestTable;
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
  output = captureLines();
});
afterEach(() => output.restore());

function storeOf(service: string): CircuitStore {
  return new CircuitStore(table.client, table.name, { gateway, service });
}

function trip(event: unknown): Promise<void> {
  return createTrip({ config: { gateway, namespace: 'Tollgate', services: SERVICES }, storeOf, clock: clock.now })(
    event,
  );
}

/** The event of a Lambda alarm action, as CloudWatch's user guide shows it. */
function alarmEvent(alarmName: string, { value = 'ALARM', atMs = clock.nowMs } = {}) {
  return {
    source: 'aws.cloudwatch',
    alarmArn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${alarmName}`,
    accountId: '000000000000',
    time: new Date(atMs).toISOString(),
    region: 'us-east-1',
    alarmData: {
      alarmName,
      state: {
        value,
        reason: 'Threshold Crossed: 1 datapoint [0.8] was greater than the threshold (0.5).',
        timestamp: new Date(atMs).toISOString().replace('Z', '+0000'),
      },
      previousState: { value: 'OK', reason: '', timestamp: new Date(atMs - 60_000).toISOString() },
      configuration: { metrics: [] },
    },
  };
}

describe('an alarm of a service', () => {
  it('opens the circuit of that service and of no other', async () => {
    await trip(alarmEvent(`${gateway}-orders-failures`));
    expect(await storeOf('orders').read()).toMatchObject({
      state: 'open',
      version: 1,
      source: 'alarm',
      openedAtMs: clock.nowMs,
      retryAtMs: clock.nowMs + 60_000,
      reason: expect.stringContaining('Threshold Crossed'),
    });
    expect(await storeOf('users').read()).toEqual(INITIAL_CIRCUIT);
  });

  it('leaves a history item, a log line and a metric', async () => {
    await trip(alarmEvent(`${gateway}-users-failures`));
    const { Items = [] } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :history)',
        ExpressionAttributeValues: { ':pk': { S: `circuit#${gateway}#users` }, ':history': { S: 'history#' } },
      }),
    );
    expect(Items).toMatchObject([{ state: { S: 'open' }, source: { S: 'alarm' } }]);
    expect(output.lines).toMatchObject([
      { message: 'circuit open', service: 'users', source: 'alarm', Service: 'users', CircuitOpened: 1 },
    ]);
  });

  it('changes nothing when it comes a second time', async () => {
    const event = alarmEvent(`${gateway}-users-failures`);
    await trip(event);
    clock.advance(1000);
    await trip(event);
    expect(await storeOf('users').read()).toMatchObject({ version: 1 });
  });

  it('is ignored when it is older than the circuit’s last closing', async () => {
    const stale = alarmEvent(`${gateway}-users-failures`);
    await trip(stale);
    const store = storeOf('users');
    const policy = SERVICES.users;
    let circuit = await store.read();
    clock.advance(30_000);
    for (const signal of [{ type: 'probe-started', leaseMs: 1000 }, { type: 'probe-succeeded' }] as const) {
      const next = transition(circuit, signal, clock.nowMs, policy);
      expect(await store.replace(circuit, next)).toBe(next);
      circuit = next;
    }
    await trip(stale);
    expect(await store.read()).toMatchObject({ state: 'closed', version: 3 });
  });

  it('is ignored when it leaves the alarm state, names an unknown service or is another gateway’s', async () => {
    await trip(alarmEvent(`${gateway}-users-failures`, { value: 'OK' }));
    await trip(alarmEvent(`${gateway}-unknown-failures`));
    await trip(alarmEvent('another-users-failures'));
    expect(await storeOf('users').read()).toEqual(INITIAL_CIRCUIT);
    expect(output.lines.map((line) => line['message'])).toEqual(['alarm ignored', 'alarm ignored', 'alarm ignored']);
  });
});

it('two alarms at once open the circuit once', async () => {
  const event = alarmEvent(`${gateway}-users-failures`);
  await Promise.all([trip(event), trip(event), trip(event)]);
  expect(await storeOf('users').read()).toMatchObject({ state: 'open', version: 1 });
  expect(output.lines.filter((line) => line['message'] === 'circuit open')).toHaveLength(1);
});

it.each([[{}], [null], ['text'], [{ alarmData: { alarmName: 'x', state: { value: 'ALARM' } } }]])(
  'an event that is no alarm’s is refused: %j',
  async (event) => {
    await expect(trip(event)).rejects.toMatchObject({ code: 'decode_failed' });
  },
);
