import { type AttributeValue, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeCircuitItem } from '../../../../lambdas/adapters/circuit/circuit-item.ts';
import { CircuitStore } from '../../../../lambdas/adapters/circuit/circuit-store.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import type { TableClient } from '../../../../lambdas/adapters/table/table-client.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { DecodeError } from '../../../../lambdas/contract/decode.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { faultyClient } from '../../../support/aws/faulty-dynamodb.ts';
import { losingRelay, TABLE_CLIENTS } from '../../../support/aws/table-clients.ts';
import { circuitStates } from '../../../support/circuit/circuit-states.ts';
import {
  HELD,
  movedBy,
  OPENED,
  PROBING,
  RECOVERED,
  SHUT,
  started,
  tripped,
} from '../../../support/circuit/circuits.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const NOW_S = NOW_MS / 1000;

let table: TestTable;
let service = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  service += 1;
});

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
async function edit(attributes: Record<string, AttributeValue>, sk = 'state'): Promise<void> {
  const key = { pk: { S: `circuit#test#service-${service}` }, sk: { S: sk } };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...key, ...attributes } }));
}

describe.each(TABLE_CLIENTS)('by %s', (_, clientOf) => {
  let client: TableClient;
  beforeAll(() => {
    client = clientOf(table);
  });

  function storeOf(name = `service-${service}`, gateway = 'test'): CircuitStore {
    return new CircuitStore(client, { gateway, service: name });
  }

  /** A store that reaches the table at another address. */
  function storeOver(endpoint: string): CircuitStore {
    return new CircuitStore(clientOf({ ...table, endpoint }), { gateway: 'test', service: `service-${service}` });
  }

  describe('a circuit', () => {
    it('that never moved is closed', async () => {
      expect(await storeOf().read()).toEqual(INITIAL_CIRCUIT);
      expect(await storeOf().inspect()).toEqual({ circuit: INITIAL_CIRCUIT, fault: null });
    });

    it('is read as it was written, in each of its states', async () => {
      await fc.assert(
        fc.asyncProperty(circuitStates, async (circuit) => {
          service += 1;
          const store = storeOf();
          expect(await store.replace(INITIAL_CIRCUIT, circuit)).toBe(circuit);
          expect(await store.read({ consistent: true })).toEqual(circuit);
          await store.remember(circuit);
          expect(await store.history(1)).toEqual([circuit]);
        }),
      );
    });

    it('is that of one service of one gateway', async () => {
      await storeOf().replace(INITIAL_CIRCUIT, OPENED);
      expect(await storeOf(`other-${service}`).read()).toEqual(INITIAL_CIRCUIT);
      expect(await storeOf(`service-${service}`, 'other').read()).toEqual(INITIAL_CIRCUIT);
    });

    it('of an earlier release is read and moved on from', async () => {
      await edit({
        state: { S: 'half-open' },
        version: { N: '2' },
        openedAtMs: { N: '1000' },
        probeLeaseUntilMs: { N: '41000' },
        source: { S: 'alarm' },
        reason: { S: 'too many failures' },
      });
      const read = await storeOf().read();
      expect(read).toEqual({
        state: 'half-open',
        version: 2,
        atMs: 0,
        openedAtMs: 1000,
        reopenings: 0,
        leases: {},
        succeeded: 0,
        source: 'alarm',
        by: '',
        reason: 'too many failures',
        figures: {},
        alarmAtMs: 0,
      });
      const next = { ...RECOVERED, version: 3 };
      expect(await storeOf().replace(read, next)).toBe(next);
      expect(await storeOf().read()).toEqual(next);
    });
  });

  describe('of writers that race', () => {
    it('exactly one moves a circuit that never moved', async () => {
      const opened = Array.from({ length: 10 }, (_, index) => ({ ...OPENED, by: `instance-${index}` }));
      const standing = await Promise.all(opened.map((next) => storeOf().replace(INITIAL_CIRCUIT, next)));
      expect(opened.filter((next, index) => standing[index] === next)).toHaveLength(1);
      const now = await storeOf().read();
      for (const state of standing) expect(state).toEqual(now);
    });

    it('exactly one moves a circuit on, and nobody writes over its state', async () => {
      await storeOf().replace(INITIAL_CIRCUIT, OPENED);
      const probing = Array.from({ length: 10 }, (_, index) =>
        movedBy([1000, tripped(1000)], [31_000, started(`${index}`)]),
      );
      const standing = await Promise.all(probing.map((next) => storeOf().replace(OPENED, next)));
      const winners = probing.filter((next, index) => standing[index] === next);
      expect(winners).toHaveLength(1);
      expect(await storeOf().read()).toEqual(winners[0]);
    });

    it.each<[string, CircuitState]>([
      ['an older state', INITIAL_CIRCUIT],
      ['a state that is still to come', RECOVERED],
    ])('none wins that decided on %s', async (_, previous) => {
      await storeOf().replace(INITIAL_CIRCUIT, OPENED);
      expect(await storeOf().replace(previous, { ...OPENED, version: previous.version + 1 })).toEqual(OPENED);
      expect(await storeOf().read()).toEqual(OPENED);
    });

    it('none brings back a circuit that somebody has removed', async () => {
      expect(await storeOf().replace(PROBING, RECOVERED)).toEqual(INITIAL_CIRCUIT);
      expect(await itemsOf()).toEqual([]);
    });

    it('each that loses is told what stands now, not what stood there a moment ago', async () => {
      const faulty = faultyClient(table);
      const consistent: unknown[] = [];
      faulty.fault = (command, input) => {
        if (command === 'GetItem') consistent.push('ConsistentRead' in input && input.ConsistentRead);
        return 'none';
      };
      await storeOf().replace(INITIAL_CIRCUIT, OPENED);
      const store = new CircuitStore(sdkTable(faulty.client, table.name), {
        gateway: 'test',
        service: `service-${service}`,
      });
      expect(await store.replace(INITIAL_CIRCUIT, RECOVERED)).toEqual(OPENED);
      expect(await store.overwrite(SHUT)).toBeUndefined();
      expect(consistent).toEqual([true, true]);
      faulty.client.destroy();
    });

    it('none is told a circuit that what stands there is not', async () => {
      await edit({ state: { S: 'ajar' }, version: { N: '1' } });
      await expect(storeOf().replace(INITIAL_CIRCUIT, OPENED)).rejects.toThrow('circuit.state must be one of');
      await expect(storeOf().replace(PROBING, RECOVERED)).rejects.toThrow(DecodeError);
    });
  });

  describe('a write whose answer was lost', () => {
    it('is known as one’s own when the client has sent it again', async () => {
      const relay = await losingRelay(table, (answer) => answer === 1);
      const store = storeOver(relay.url);
      expect(await store.replace(INITIAL_CIRCUIT, OPENED)).toBe(OPENED);
      expect(relay.answers()).toBeGreaterThan(1);
      expect(await storeOf().read()).toEqual(OPENED);
      await relay.stop();
    });

    it('and that another writer has gone on from is told what stands now', async () => {
      const relay = await losingRelay(table, async (answer) => {
        if (answer === 1) await storeOf().replace(OPENED, PROBING);
        return answer === 1;
      });
      const store = storeOver(relay.url);
      expect(await store.replace(INITIAL_CIRCUIT, OPENED)).toEqual(PROBING);
      await relay.stop();
    });
  });

  describe('nonsense in the table', () => {
    const FORCED: CircuitState = { ...SHUT, version: 0, atMs: NOW_MS };

    it.each<[string, AttributeValue | undefined, number]>([
      ['a version', { N: '41' }, 42],
      ['none', undefined, NOW_S + 1],
      ['text for a version', { S: '41' }, NOW_S + 1],
      ['a list for a version', { L: [{ N: '41' }] }, NOW_S + 1],
      ['a fraction for a version', { N: '41.5' }, NOW_S + 1],
      ['a negative version', { N: '-41' }, NOW_S + 1],
      ['version 0', { N: '0' }, NOW_S + 1],
      ['the greatest whole number for a version', { N: String(Number.MAX_SAFE_INTEGER) }, NOW_S + 1],
      ['a version of 38 digits', { N: '9'.repeat(38) }, NOW_S + 1],
    ])('that has %s is replaced by a circuit that can be read and moved', async (_, version, expected) => {
      await edit({ state: { S: 'ajar' }, ...(version && { version }) });
      const stands = await storeOf().overwrite(FORCED);
      expect(stands).toEqual({ ...FORCED, version: expected });
      expect(await storeOf().read()).toEqual(stands);
      const next = { ...OPENED, version: expected + 1 };
      expect(await storeOf().replace(stands as CircuitState, next)).toBe(next);
    });

    it('is a circuit, too, from whose version nobody could count on', async () => {
      await edit(encodeCircuitItem({ ...OPENED, version: Number.MAX_SAFE_INTEGER }));
      await expect(storeOf().read()).rejects.toThrow(
        'circuit.version must be from 1 to 999999999998, got 9007199254740991',
      );
      expect(await storeOf().overwrite(FORCED)).toEqual({ ...FORCED, version: NOW_S + 1 });
    });

    it('is replaced by one writer of many, and the others are told', async () => {
      await edit({ state: { S: 'ajar' }, version: { S: 'one' } });
      const writers = Array.from({ length: 10 }, (_, index) => ({ ...FORCED, by: `operator-${index}` }));
      const stands = await Promise.all(writers.map((circuit) => storeOf().overwrite(circuit)));
      const written = stands.filter((circuit) => circuit !== undefined);
      expect(written).toHaveLength(1);
      expect(await storeOf().read()).toEqual(written[0]);
    });

    it('is no longer there where somebody has replaced or removed it meanwhile', async () => {
      expect(await storeOf().overwrite(FORCED)).toBeUndefined();
      expect(await itemsOf()).toEqual([]);
      await storeOf().replace(INITIAL_CIRCUIT, OPENED);
      expect(await storeOf().overwrite(FORCED)).toBeUndefined();
      expect(await storeOf().read()).toEqual(OPENED);
    });

    it('is replaced once where the answer was lost and the client has sent it again', async () => {
      await edit({ state: { S: 'ajar' }, version: { N: '7' } });
      // The first answer is the read's.
      const relay = await losingRelay(table, (answer) => answer === 2);
      const store = storeOver(relay.url);
      expect(await store.overwrite(FORCED)).toEqual({ ...FORCED, version: 8 });
      await relay.stop();
    });
  });

  describe('the history', () => {
    const TRANSITIONS = [OPENED, PROBING, { ...SHUT, version: 3 }, { ...HELD, version: 4 }];

    it('holds each transition, in order, until it expires after 90 days', async () => {
      const store = storeOf();
      await store.replace(INITIAL_CIRCUIT, OPENED);
      await store.remember(OPENED);
      await store.remember(PROBING);
      const [first, second, state] = await itemsOf();
      expect(first).toMatchObject({
        sk: { S: 'history#000000000001' },
        state: { S: 'open' },
        by: { S: 'somebody' },
        reason: { S: 'too many failures' },
        figures: { M: { failures: { N: '5' } } },
        atMs: { N: '1000' },
        expiresAt: { N: String(1 + 90 * 86_400) },
      });
      expect(second).toMatchObject({
        sk: { S: 'history#000000000002' },
        state: { S: 'half-open' },
        atMs: { N: '31000' },
      });
      expect(state).toMatchObject({ sk: { S: 'state' } });
      expect(state).not.toHaveProperty('expiresAt');
    });

    it('is told the newest first, and no further back than was asked for', async () => {
      const store = storeOf();
      for (const circuit of TRANSITIONS) await store.remember(circuit);
      const newestFirst = TRANSITIONS.toReversed();
      expect(await store.history(50)).toEqual(newestFirst);
      expect(await store.history(2)).toEqual(newestFirst.slice(0, 2));
    });

    it('orders versions as numbers', async () => {
      const store = storeOf();
      for (const version of [9, 10, 100, 99, NOW_S]) await store.remember({ ...OPENED, version });
      const versions = (await store.history(50)).map(({ version }) => version);
      expect(versions).toEqual([NOW_S, 100, 99, 10, 9]);
    });

    it('holds what is remembered twice once', async () => {
      const store = storeOf();
      for (let times = 0; times < 2; times += 1) await store.remember(OPENED);
      expect(await store.history(50)).toEqual([OPENED]);
    });

    it('leaves out what somebody has spoilt', async () => {
      const store = storeOf();
      await store.remember(OPENED);
      await store.remember({ ...RECOVERED, version: 7 });
      await edit({ ...encodeCircuitItem(OPENED), state: { S: 'ajar' } }, 'history#000000000002');
      await edit({ ...encodeCircuitItem(OPENED), version: { N: '0' } }, 'history#000000000003');
      await edit({ ...encodeCircuitItem(OPENED), atMs: { S: 'yesterday' } }, 'history#000000000004');
      await edit({}, 'history#');
      expect(await store.history(50)).toEqual([{ ...RECOVERED, version: 7 }, OPENED]);
    });

    it('of a circuit that never moved is empty, whatever others have been through', async () => {
      await storeOf(`other-${service}`).remember(OPENED);
      expect(await storeOf().history(50)).toEqual([]);
    });
  });

  describe('a table that fails', () => {
    it('makes each call throw', async () => {
      const faulty = faultyClient(table);
      faulty.fault = () => 'fails';
      const store = new CircuitStore(sdkTable(faulty.client, table.name), {
        gateway: 'test',
        service: `service-${service}`,
      });
      for (const call of [
        () => store.read(),
        () => store.inspect(),
        () => store.replace(INITIAL_CIRCUIT, OPENED),
        () => store.overwrite(OPENED),
        () => store.remember(OPENED),
        () => store.history(1),
      ]) {
        await expect(call()).rejects.toThrow('the table is gone');
      }
      faulty.client.destroy();
    });

    it('because it does not exist makes a read throw', async () => {
      const store = new CircuitStore(clientOf({ ...table, name: 'another-table' }), {
        gateway: 'test',
        service: 'users',
      });
      await expect(store.read()).rejects.toThrow();
    });
  });

  describe('an item that was edited by hand', () => {
    const open = encodeCircuitItem({ ...OPENED, version: 4 });

    it('is read when it is a circuit, with whatever stands beside it', async () => {
      await edit({ ...open, note: { L: [{ BOOL: true }] }, who: { SS: ['alice'] }, nothing: { NULL: true } });
      expect(await storeOf().read()).toEqual({ ...OPENED, version: 4 });
    });

    it.each<[string, Record<string, AttributeValue>, string]>([
      [
        'an unknown state',
        { state: { S: 'OPEN' } },
        'circuit.state must be one of closed, open, half-open, forced-open',
      ],
      ['a state of another kind', { state: { BOOL: true } }, 'circuit.state must be one of'],
      [
        'a state without its fields',
        { state: { S: 'forced-open' } },
        'circuit.sinceMs must be an integer, got undefined',
      ],
      ['a version that is text', { version: { S: '4' } }, 'circuit.version must be an integer, got "4"'],
      ['a version between versions', { version: { N: '4.5' } }, 'circuit.version must be an integer, got 4.5'],
      [
        'version 0, from which it could never move',
        { version: { N: '0' } },
        'circuit.version must be from 1 to 999999999998, got 0',
      ],
      ['a negative version', { version: { N: '-1' } }, 'circuit.version must be at least 0, got -1'],
      [
        'a time that is no number of milliseconds',
        { retryAtMs: { N: '1e100' } },
        'circuit.retryAtMs must be an integer',
      ],
      ['a date', { retryAtMs: { S: '2026-01-01T00:00:00Z' } }, 'circuit.retryAtMs must be an integer'],
      [
        'an unknown source',
        { source: { S: 'cat' } },
        'circuit.source must be one of outcomes, alarm, operator, time, got',
      ],
      ['a reason of another kind', { reason: { N: '7' } }, 'circuit.reason must be a string, got 7'],
      ['figures that are none', { figures: { S: 'many' } }, 'circuit.figures must be an object, got "many"'],
      [
        'a figure that is none',
        { figures: { M: { requests: { S: '9' } } } },
        `circuit.figures['requests'] must be a finite`,
      ],
      [
        'a lease without an end',
        { state: { S: 'half-open' }, leases: { M: { a: { NULL: true } } } },
        `circuit.leases['a'] must be an integer, got undefined`,
      ],
    ])('and has %s is refused by name', async (_, changes, message) => {
      await edit({ ...open, ...changes });
      const read = storeOf().read();
      await expect(read).rejects.toThrow(DecodeError);
      await expect(read).rejects.toThrow(message);
      expect(await storeOf().inspect()).toEqual({ circuit: null, fault: expect.stringContaining(message) });
    });
  });
});
