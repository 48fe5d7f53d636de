import { type AttributeValue, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit-store.ts';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/core/circuit.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { faultyClient } from '../../support/faulty-dynamodb.ts';
import { captureLines } from '../../support/lines.ts';

const OPEN: CircuitState = {
  state: 'open',
  version: 1,
  openedAtMs: 1000,
  retryAtMs: 31_000,
  source: 'alarm',
  reason: '5 of 5 requests failed – “all”',
};
const HALF_OPEN: CircuitState = {
  state: 'half-open',
  version: 2,
  openedAtMs: 1000,
  probeLeaseUntilMs: 41_000,
  source: 'alarm',
  reason: '',
};
const CLOSED: CircuitState = { state: 'closed', version: 3, closedAtMs: 32_000 };

let table: TestTable;
let service = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  service += 1;
});

function storeOf(name = `service-${service}`, gateway = 'test'): CircuitStore {
  return new CircuitStore(table.client, table.name, { gateway, service: name });
}

async function itemsOf(name = `service-${service}`): Promise<Record<string, AttributeValue>[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `circuit#test#${name}` } },
    }),
  );
  return Items;
}

/** Puts a circuit's item as a person with a console would. */
async function edit(attributes: Record<string, AttributeValue>): Promise<void> {
  const key = { pk: { S: `circuit#test#service-${service}` }, sk: { S: 'state' } };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...key, ...attributes } }));
}

describe('a circuit', () => {
  it('that never moved is closed', async () => {
    expect(await storeOf().read()).toEqual(INITIAL_CIRCUIT);
  });

  it('is read as it was written, in each of its states', async () => {
    const store = storeOf();
    let previous = INITIAL_CIRCUIT;
    for (const next of [OPEN, HALF_OPEN, CLOSED]) {
      expect(await store.replace(previous, next, 1000)).toBe(true);
      expect(await store.read({ consistent: true })).toEqual(next);
      previous = next;
    }
  });

  it('is that of one service of one gateway', async () => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN, 1000);
    expect(await storeOf(`other-${service}`).read()).toEqual(INITIAL_CIRCUIT);
    expect(await storeOf(`service-${service}`, 'other').read()).toEqual(INITIAL_CIRCUIT);
  });
});

describe('of writers that race', () => {
  it('exactly one moves a circuit that never moved', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => storeOf().replace(INITIAL_CIRCUIT, OPEN, 1000)),
    );
    expect(outcomes.filter((made) => made)).toHaveLength(1);
  });

  it('exactly one moves a circuit on, and nobody writes over its state', async () => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN, 1000);
    const leases = Array.from({ length: 10 }, (_, index) => ({ ...HALF_OPEN, probeLeaseUntilMs: 40_000 + index }));
    const outcomes = await Promise.all(leases.map((next) => storeOf().replace(OPEN, next, 1000)));
    expect(outcomes.filter((made) => made)).toHaveLength(1);
    expect(await storeOf().read()).toEqual(leases[outcomes.indexOf(true)]);
  });

  it.each<[string, CircuitState]>([
    ['an older state', INITIAL_CIRCUIT],
    ['a state that is still to come', CLOSED],
  ])('none wins that decided on %s', async (_, previous) => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN, 1000);
    expect(await storeOf().replace(previous, { ...OPEN, version: previous.version + 1 }, 1000)).toBe(false);
    expect(await storeOf().read()).toEqual(OPEN);
  });

  it('none brings back a circuit that an operator has removed', async () => {
    expect(await storeOf().replace(HALF_OPEN, CLOSED, 1000)).toBe(false);
    expect(await itemsOf()).toEqual([]);
  });
});

describe('the history', () => {
  it('holds each transition, in order, until it expires after 90 days', async () => {
    const store = storeOf();
    await store.replace(INITIAL_CIRCUIT, OPEN, 1000);
    await store.replace(OPEN, HALF_OPEN, 31_500);
    const [first, second, state] = await itemsOf();
    expect(first).toMatchObject({
      sk: { S: 'history#000000000001' },
      state: { S: 'open' },
      reason: { S: '5 of 5 requests failed – “all”' },
      atMs: { N: '1000' },
      expiresAt: { N: String(1 + 90 * 86_400) },
    });
    expect(second).toMatchObject({
      sk: { S: 'history#000000000002' },
      state: { S: 'half-open' },
      atMs: { N: '31500' },
    });
    expect(state).not.toHaveProperty('expiresAt');
  });

  it('holds nothing of a lost write', async () => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN, 1000);
    await storeOf().replace(INITIAL_CIRCUIT, { ...OPEN, reason: 'late' }, 2000);
    expect(await itemsOf()).toHaveLength(2);
  });
});

describe('a table that fails', () => {
  let output: ReturnType<typeof captureLines>;
  beforeEach(() => {
    output = captureLines();
  });
  afterEach(() => output.restore());

  it('makes a read and a write throw', async () => {
    const faulty = faultyClient(table);
    faulty.fault = () => 'fails';
    const store = new CircuitStore(faulty.client, table.name, { gateway: 'test', service: `service-${service}` });
    await expect(store.read()).rejects.toThrow('the table is gone');
    await expect(store.replace(INITIAL_CIRCUIT, OPEN, 1000)).rejects.toThrow('the table is gone');
    faulty.client.destroy();
  });

  it('after the circuit has moved costs the history, which is logged, and not the transition', async () => {
    const faulty = faultyClient(table);
    faulty.fault = (_, input) => (JSON.stringify(input).includes('history#') ? 'fails' : 'none');
    const store = new CircuitStore(faulty.client, table.name, { gateway: 'test', service: `service-${service}` });
    expect(await store.replace(INITIAL_CIRCUIT, OPEN, 1000)).toBe(true);
    expect(await store.read()).toEqual(OPEN);
    expect(output.lines).toEqual([
      { message: 'circuit history not written', version: 1, error: 'Error: the table is gone' },
    ]);
    faulty.client.destroy();
  });

  it('because it does not exist makes a read throw', async () => {
    const store = new CircuitStore(table.client, 'another-table', { gateway: 'test', service: 'users' });
    await expect(store.read()).rejects.toThrow();
  });
});

describe('an item that was edited by hand', () => {
  const open = {
    state: { S: 'open' },
    version: { N: '4' },
    openedAtMs: { N: '1000' },
    retryAtMs: { N: '31000' },
    source: { S: 'operator' },
    reason: { S: 'maintenance' },
  };

  it('is read when it is a circuit, with whatever stands beside it', async () => {
    await edit({ ...open, note: { L: [{ BOOL: true }] }, who: { SS: ['alice'] }, nothing: { NULL: true } });
    expect(await storeOf().read()).toEqual({
      state: 'open',
      version: 4,
      openedAtMs: 1000,
      retryAtMs: 31_000,
      source: 'operator',
      reason: 'maintenance',
    });
  });

  it.each<[string, Record<string, AttributeValue>, string]>([
    ['an unknown state', { state: { S: 'OPEN' } }, 'circuit.state must be one of closed, open, half-open, got "OPEN"'],
    ['a state of another kind', { state: { BOOL: true } }, 'circuit.state must be one of'],
    ['a state without its fields', { state: { S: 'half-open' } }, 'circuit.probeLeaseUntilMs must be an integer'],
    ['a version that is text', { version: { S: '4' } }, 'circuit.version must be an integer, got "4"'],
    ['a version between versions', { version: { N: '4.5' } }, 'circuit.version must be an integer, got 4.5'],
    ['version 0, from which it could never move', { version: { N: '0' } }, 'circuit.version must be at least 1, got 0'],
    ['a negative version', { version: { N: '-1' } }, 'circuit.version must be at least 1, got -1'],
    ['a time that is no number of milliseconds', { retryAtMs: { N: '1e100' } }, 'circuit.retryAtMs must be an integer'],
    ['a date', { retryAtMs: { S: '2026-01-01T00:00:00Z' } }, 'circuit.retryAtMs must be an integer'],
    [
      'an unknown source',
      { source: { S: 'cat' } },
      'circuit.source must be one of outcomes, alarm, operator, got "cat"',
    ],
    ['a reason of another kind', { reason: { N: '7' } }, 'circuit.reason must be a string, got 7'],
  ])('and has %s is refused by name', async (_, changes, message) => {
    await edit({ ...open, ...changes });
    const read = storeOf().read();
    await expect(read).rejects.toThrow(DecodeError);
    await expect(read).rejects.toThrow(message);
  });
});
