import { type AttributeValue, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit-store.ts';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/core/circuit.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { faultyClient } from '../../support/faulty-dynamodb.ts';

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
      expect(await store.replace(previous, next)).toBe(next);
      expect(await store.read({ consistent: true })).toEqual(next);
      previous = next;
    }
  });

  it('is that of one service of one gateway', async () => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN);
    expect(await storeOf(`other-${service}`).read()).toEqual(INITIAL_CIRCUIT);
    expect(await storeOf(`service-${service}`, 'other').read()).toEqual(INITIAL_CIRCUIT);
  });
});

describe('of writers that race', () => {
  it('exactly one moves a circuit that never moved', async () => {
    const opened = Array.from({ length: 10 }, (_, index) => ({ ...OPEN, retryAtMs: 31_000 + index }));
    const standing = await Promise.all(opened.map((next) => storeOf().replace(INITIAL_CIRCUIT, next)));
    expect(opened.filter((next, index) => standing[index] === next)).toHaveLength(1);
    const now = await storeOf().read();
    for (const state of standing) expect(state).toEqual(now);
  });

  it('exactly one moves a circuit on, and nobody writes over its state', async () => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN);
    const leases = Array.from({ length: 10 }, (_, index) => ({ ...HALF_OPEN, probeLeaseUntilMs: 40_000 + index }));
    const standing = await Promise.all(leases.map((next) => storeOf().replace(OPEN, next)));
    const winners = leases.filter((next, index) => standing[index] === next);
    expect(winners).toHaveLength(1);
    expect(await storeOf().read()).toEqual(winners[0]);
  });

  it.each<[string, CircuitState]>([
    ['an older state', INITIAL_CIRCUIT],
    ['a state that is still to come', CLOSED],
  ])('none wins that decided on %s', async (_, previous) => {
    await storeOf().replace(INITIAL_CIRCUIT, OPEN);
    expect(await storeOf().replace(previous, { ...OPEN, version: previous.version + 1 })).toEqual(OPEN);
    expect(await storeOf().read()).toEqual(OPEN);
  });

  it('none brings back a circuit that an operator has removed', async () => {
    expect(await storeOf().replace(HALF_OPEN, CLOSED)).toEqual(INITIAL_CIRCUIT);
    expect(await itemsOf()).toEqual([]);
  });
});

it('a write whose answer was lost is known as one’s own when the SDK has sent it again', async () => {
  const client = new DynamoDBClient({
    endpoint: table.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
  });
  let answers = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      answers += 1;
      if (answers === 1) throw Object.assign(new Error('the answer is lost'), { $retryable: {} });
      return answer;
    },
    { step: 'deserialize', priority: 'high' },
  );
  const store = new CircuitStore(client, table.name, { gateway: 'test', service: `service-${service}` });
  expect(await store.replace(INITIAL_CIRCUIT, OPEN)).toBe(OPEN);
  expect(answers).toBeGreaterThan(1);
  client.destroy();
});

describe('the history', () => {
  it('holds each transition, in order, until it expires after 90 days', async () => {
    const store = storeOf();
    await store.replace(INITIAL_CIRCUIT, OPEN);
    await store.remember(OPEN, 1000);
    await store.remember(HALF_OPEN, 31_500);
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
});

describe('a table that fails', () => {
  it('makes a read and a write throw', async () => {
    const faulty = faultyClient(table);
    faulty.fault = () => 'fails';
    const store = new CircuitStore(faulty.client, table.name, { gateway: 'test', service: `service-${service}` });
    await expect(store.read()).rejects.toThrow('the table is gone');
    await expect(store.replace(INITIAL_CIRCUIT, OPEN)).rejects.toThrow('the table is gone');
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
