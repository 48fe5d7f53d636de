import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit/circuit-state.ts';
import { circuitPartition } from '../../../lambdas/contract/table.ts';
import { createWidget, type WidgetOptions } from '../../../lambdas/widget/widget.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { type FaultyClient, faultyClient } from '../../support/aws/faulty-dynamodb.ts';
import { CIRCUIT } from '../../support/circuit/circuits.ts';
import { captureLines } from '../../support/lines.ts';
import { CLOSED, FORCED_OPEN, NOW_MS, OPEN, OPERATOR } from './circuits.ts';

let table: TestTable;
let faulty: FaultyClient;
let output: ReturnType<typeof captureLines>;
let gateway = '';
let count = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  count += 1;
  gateway = `shop-${count}`;
  faulty = faultyClient(table);
  output = captureLines();
});
afterEach(() => {
  output.restore();
  faulty.client.destroy();
});

function widget(services: readonly string[], options: Partial<WidgetOptions> = {}) {
  return createWidget({
    config: { services: Object.fromEntries(services.map((service) => [service, CIRCUIT])) },
    operatorFunction: OPERATOR,
    storeOf: (service) => new CircuitStore(sdkTable(faulty.client, table.name), { gateway, service }),
    clock: () => NOW_MS,
    timeoutMs: 5000,
    ...options,
  });
}

async function store(service: string, circuit: CircuitState): Promise<void> {
  const circuits = new CircuitStore(sdkTable(table.client, table.name), { gateway, service });
  await circuits.replace(INITIAL_CIRCUIT, circuit);
  await circuits.remember(circuit);
}

function show(services: readonly string[], options: Partial<WidgetOptions> = {}): Promise<string> {
  return widget(services, options)({ widgetContext: { theme: 'dark' } });
}

/** The part of the HTML that is about a service. */
function rowOf(html: string, service: string): string {
  return html.split('<tr>').find((row) => row.startsWith(`<th scope="row">${service}</th>`)) ?? '';
}

test('asked for its description, it answers Markdown', async () => {
  expect(await widget(['orders'])({ describe: true })).toMatch(/^## Circuits of the gateway\n/);
  expect(faulty.calls).toEqual([]);
});

test('what stands in its field for a reason is kept, as far as a reason may be long', async () => {
  const typed = (all: unknown) => widget(['orders'])({ widgetContext: { forms: { all } } });
  expect(await typed({ reason: 'a migration' })).toContain('name="reason" value="a migration"');
  expect(await typed({ reason: 'x'.repeat(1000) })).toContain(`value="${'x'.repeat(255)}…"`);
  for (const nothing of [{}, null, [], { reason: 5 }]) expect(await typed(nothing)).toContain('value=""');
});

test('a circuit is shown to be in shadow mode', async () => {
  await store('orders', OPEN);
  const services = { orders: { ...CIRCUIT, shadow: true }, users: CIRCUIT };
  const html = await show([], { config: { services } });
  expect(rowOf(html, 'orders')).toContain('in shadow mode: rejects nothing by itself');
  expect(rowOf(html, 'users')).not.toContain('shadow');
});

test.each([[undefined], [null], ['text'], [{}], [{ describe: 'yes', anything: 1 }]])(
  'whatever parameters the dashboard gives it, it shows the circuits: %j',
  async (event) => {
    expect(await widget(['orders'])(event)).toContain('it has never moved');
  },
);

test('every service is shown in the order of the names, as the table has its circuit now', async () => {
  await store('orders', OPEN);
  await store('users', FORCED_OPEN);
  const html = await show(['users', 'payments', 'orders']);
  const services = [...html.matchAll(/<th scope="row">([^<]*)/g)].map(([, service]) => service);
  expect(services).toEqual(['orders', 'payments', 'users']);
  expect(rowOf(html, 'orders')).toContain('✖ open');
  expect(rowOf(html, 'orders')).toMatch(/<details>.*7 of 12 calls failed/);
  expect(rowOf(html, 'payments')).toContain('✔ closed');
  expect(rowOf(html, 'users')).toContain('✖ forced-open');
  expect(html).toContain('1 open, 1 closed, 1 forced-open.');
});

test('a circuit whose forced time is over is shown as what it has become', async () => {
  await store('orders', { ...FORCED_OPEN, untilMs: NOW_MS });
  expect(rowOf(await show(['orders']), 'orders')).toContain('the time is over for which it was forced-open');
});

describe('what cannot be read is told in its place:', () => {
  test('an item that is no circuit', async () => {
    await store('users', CLOSED);
    const key = { pk: { S: circuitPartition(gateway, 'orders') }, sk: { S: 'state' } };
    const spoilt = { ...key, version: { N: '1' }, state: { S: '<b>ajar</b>' } };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: spoilt }));
    const html = await show(['orders', 'users']);
    expect(rowOf(html, 'orders')).toContain('? unreadable');
    expect(rowOf(html, 'orders')).toContain('&lt;b&gt;ajar&lt;/b&gt;');
    expect(rowOf(html, 'orders')).toContain('open-circuit');
    expect(rowOf(html, 'users')).toContain('✔ closed');
    expect(output.lines).toMatchObject([{ message: 'circuit not read', service: 'orders' }]);
  });

  test('a circuit that the table does not tell', async () => {
    faulty.fault = (command, input) =>
      command === 'GetItem' && JSON.stringify(input).includes('#orders') ? 'fails' : 'none';
    const html = await show(['orders', 'users']);
    expect(rowOf(html, 'orders')).toContain('the table is gone');
    expect(rowOf(html, 'users')).toContain('✔ closed');
  });

  test('a history', async () => {
    await store('orders', OPEN);
    faulty.fault = (command) => (command === 'Query' ? 'fails' : 'none');
    const html = await show(['orders']);
    expect(rowOf(html, 'orders')).toContain('✖ open');
    expect(rowOf(html, 'orders')).toContain('its history cannot be read');
  });
});

describe('a table that does not answer', () => {
  test('is told in place of all circuits', async () => {
    faulty.fault = () => 'fails';
    const html = await show(['orders', 'users']);
    expect(html).toContain('The circuits cannot be read:');
    expect(html).toContain('the table is gone');
    expect(html).not.toContain('<table');
  });

  test('keeps nobody waiting, and is asked no more once the time is over', async () => {
    faulty.fault = () => 'hangs';
    const services = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const startMs = performance.now();
    const html = await show(services, { timeoutMs: 200 });
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(html).toContain('the table does not answer in time');
    // Ten circuits at once, and perhaps some more by a timer that is a little early; fifty would be a hundred calls.
    expect(faulty.calls.length).toBeLessThan(50);
  });
});

test('many circuits are read side by side, but not all at once', async () => {
  const underWay = { now: 0, most: 0 };
  const services = Array.from({ length: 64 }, (_, index) => `s${index}`);
  const inspect = async () => {
    underWay.now += 1;
    underWay.most = Math.max(underWay.most, underWay.now);
    await new Promise((resolve) => setImmediate(resolve));
    underWay.now -= 1;
    return { circuit: CLOSED, fault: null };
  };
  const html = await show(services, { storeOf: () => ({ inspect, history: async () => [] }) });
  expect(html).toContain('64 closed.');
  expect(underWay.most).toBe(10);
});
