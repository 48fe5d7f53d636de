import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyStore } from '../../../lambdas/adapters/auth/api-key-store.ts';
import { RevocationMarker } from '../../../lambdas/adapters/auth/revocation-marker.ts';
import { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import { RuleStore } from '../../../lambdas/adapters/limits/rule-store.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import type { CircuitState } from '../../../lambdas/contract/circuit/circuit-state.ts';
import type { CircuitResult } from '../../../lambdas/contract/operations/circuit-operations.ts';
import type { OperationResult } from '../../../lambdas/contract/operations/operations.ts';
import { CIRCUIT_STATE_SORT_KEY, circuitPartition } from '../../../lambdas/contract/table.ts';
import { isForced, transition } from '../../../lambdas/core/circuit/circuit.ts';
import type { CircuitTable } from '../../../lambdas/operator/circuit-access.ts';
import { createOperate } from '../../../lambdas/operator/operate.ts';
import type { Circuits } from '../../../lambdas/operator/operate-circuits.ts';
import { startTable, type TestTable } from '../../support/aws/dynamodb.ts';
import { faultyClient } from '../../support/aws/faulty-dynamodb.ts';
import { CIRCUIT, TIMING, tripped } from '../../support/circuit/circuits.ts';
import { TestClock } from '../../support/clock.ts';
import { captureLines } from '../../support/lines.ts';

const MINUTE_MS = 60_000;
const OPEN = { action: 'open-circuit', service: 'payments', by: 'alice', reason: 'maintenance' };
const CLOSE = { action: 'close-circuit', service: 'payments', by: 'bob', reason: 'a false alarm' };
const RELEASE = { action: 'release-circuit', service: 'payments', by: 'carol' };
const GET = { action: 'get-circuit', service: 'payments' };
const LIST = { action: 'list-circuits' };

let table: TestTable;
let count = 0;
let gateway = '';
let clock: TestClock;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  nextGateway();
  clock = new TestClock();
  output = captureLines();
});
afterEach(() => output.restore());

function nextGateway(): void {
  count += 1;
  gateway = `gateway-${count}`;
}

function storeOf(service: string, client = table.client): CircuitStore {
  return new CircuitStore(sdkTable(client, table.name), { gateway, service });
}

function circuitsOf(changes: Partial<Circuits> = {}): Circuits {
  const services = { orders: CIRCUIT, payments: CIRCUIT, users: { ...CIRCUIT, shadow: true } };
  return { config: { gateway, namespace: 'Tollgate', services }, storeOf, ...changes };
}

function operate(event: unknown, circuits = circuitsOf()): Promise<OperationResult> {
  return createOperate({
    gateway,
    store: new RuleStore(sdkTable(table.client, table.name), gateway),
    keys: new ApiKeyStore(sdkTable(table.client, table.name), gateway),
    marker: new RevocationMarker(sdkTable(table.client, table.name), gateway),
    circuits,
    openCopies: undefined,
    clock: clock.now,
  })(event);
}

/** The circuit of an operation that must succeed. */
async function circuitOf(event: unknown, circuits?: Circuits): Promise<CircuitResult> {
  const result = await operate(event, circuits);
  if (!result.ok || !('circuit' in result)) throw new Error(JSON.stringify(result));
  return result;
}

/** As outcomes would open it. */
async function trip(service = 'payments'): Promise<CircuitState> {
  const store = storeOf(service);
  const circuit = await store.read({ consistent: true });
  const now = { nowMs: clock.nowMs, random: 0 };
  const next = transition(circuit, tripped(clock.nowMs), now, TIMING);
  return store.replace(circuit, next);
}

async function spoil(attributes: Record<string, { S: string } | { N: string }> = { state: { S: 'ajar' } }) {
  const key = { pk: { S: circuitPartition(gateway, 'payments') }, sk: { S: CIRCUIT_STATE_SORT_KEY } };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...key, ...attributes } }));
}

describe('a circuit that is opened by hand', () => {
  it('is so in the table, with its history, a line and a metric', async () => {
    const circuit = {
      state: 'forced-open',
      sinceMs: clock.nowMs,
      untilMs: 0,
      version: 1,
      atMs: clock.nowMs,
      alarmAtMs: 0,
      source: 'operator',
      by: 'alice',
      reason: 'maintenance',
      figures: {},
    };
    expect(await operate(OPEN)).toEqual({
      ok: true,
      service: 'payments',
      circuit,
      fault: null,
      shadow: false,
      history: [circuit],
      changed: true,
      note: null,
      nowMs: clock.nowMs,
    });
    expect(await storeOf('payments').read({ consistent: true })).toEqual(circuit);
    expect(output.lines).toMatchObject([
      { message: 'circuit forced-open', service: 'payments', version: 1, by: 'alice', reason: 'maintenance' },
      { message: 'operation', action: 'open-circuit', by: 'alice', changed: true, circuit: 'forced-open', version: 1 },
    ]);
    expect(await storeOf('users').read()).toMatchObject({ state: 'closed', version: 0 });
  });

  it('for a time ends by itself, and is then tried by probes', async () => {
    const endMs = clock.nowMs + 10 * MINUTE_MS;
    const { circuit } = await circuitOf({ ...OPEN, forMs: 10 * MINUTE_MS });
    expect(circuit).toMatchObject({ state: 'forced-open', untilMs: endMs });
    clock.advance(10 * MINUTE_MS);
    expect((await circuitOf(GET)).circuit).toMatchObject({ state: 'open', retryAtMs: endMs, source: 'time' });
    expect(await circuitOf(RELEASE)).toMatchObject({
      changed: false,
      note: 'no operator held it, so nothing was changed',
    });
  });

  it('is opened anew by whoever asks again: with the other time and the other reason', async () => {
    await circuitOf({ ...OPEN, forMs: MINUTE_MS });
    const { circuit, history } = await circuitOf({ ...OPEN, by: 'bob', reason: 'takes longer' });
    expect(circuit).toMatchObject({ state: 'forced-open', untilMs: 0, version: 2, by: 'bob', reason: 'takes longer' });
    expect(history.map(({ by }) => by)).toEqual(['bob', 'alice']);
  });
});

describe('a circuit that is closed by hand', () => {
  it('was open, and forwards everything until it is handed back', async () => {
    await trip();
    expect(await circuitOf(CLOSE)).toMatchObject({
      circuit: { state: 'forced-closed', version: 2, by: 'bob' },
      note: null,
    });
    expect(await trip()).toMatchObject({ state: 'forced-closed', version: 2 });
    expect(await circuitOf(RELEASE)).toMatchObject({
      circuit: { state: 'closed', version: 3, source: 'operator', by: 'carol' },
      changed: true,
      note: null,
    });
    expect(await trip()).toMatchObject({ state: 'open', version: 4 });
  });
});

describe('a circuit that is handed back', () => {
  it('after it was held open shows with probes that it is well', async () => {
    await circuitOf(OPEN);
    clock.advance(MINUTE_MS);
    expect(await circuitOf(RELEASE)).toMatchObject({
      circuit: { state: 'open', retryAtMs: clock.nowMs, by: 'carol' },
      changed: true,
      note: null,
    });
  });

  it('although nobody held it stays as it is, and the operator is told', async () => {
    const note = 'no operator held it, so nothing was changed';
    expect(await circuitOf(RELEASE)).toMatchObject({
      circuit: { state: 'closed', version: 0 },
      changed: false,
      history: [],
      note,
    });
    await trip();
    expect(await circuitOf(RELEASE)).toMatchObject({
      circuit: { state: 'open', version: 1, source: 'outcomes' },
      changed: false,
      note,
    });
    expect(output.lines.filter(({ message }) => message !== 'operation')).toEqual([]);
  });
});

describe('circuits', () => {
  it('are listed by name, each as it stands now', async () => {
    await trip('users');
    await circuitOf({ ...OPEN, forMs: MINUTE_MS });
    clock.advance(MINUTE_MS);
    expect(await operate(LIST)).toMatchObject({
      ok: true,
      circuits: [
        { service: 'orders', circuit: { state: 'closed', version: 0 }, fault: null, shadow: false },
        { service: 'payments', circuit: { state: 'open', source: 'time' }, fault: null, shadow: false },
        { service: 'users', circuit: { state: 'open', source: 'outcomes' }, fault: null, shadow: true },
      ],
      nowMs: clock.nowMs,
    });
    expect(output.lines.at(-1)).toEqual({ message: 'operation', gateway, action: 'list-circuits', circuits: 3 });
  });

  it.each([
    ['paymets', 'write payments'],
    ['usrs', 'write users'],
    ['constructor', 'those are orders, payments, users'],
    ['hasownproperty', 'those are orders, payments, users'],
  ])('have no %s among them, and the operator is told: %s', async (service, fix) => {
    const message = `a service must be one that has a circuit, got "${service}": ${fix}`;
    const refused = { ok: false, error: { code: 'invalid_operation', message } };
    for (const event of [GET, OPEN, CLOSE, RELEASE]) expect(await operate({ ...event, service })).toEqual(refused);
  });

  it('are named by five at most, the likeliest first', async () => {
    const names = ['a-users', 'b-users', 'c-users', 'd-users', 'e-users', 'f-users', 'payments'];
    const services = Object.fromEntries(names.map((name) => [name, CIRCUIT]));
    const config = { ...circuitsOf().config, services };
    const fixOf = async (service: string) => {
      const result = await operate({ ...GET, service }, circuitsOf({ config }));
      return result.ok ? '' : result.error.message.split(': ')[1];
    };
    expect(await fixOf('d-usrs')).toBe('write d-users or a-users or b-users or c-users or e-users');
    expect(await fixOf('billing')).toBe('those are a-users, b-users, c-users, d-users, e-users and 2 more');
  });

  it('are refused by a gateway that has none', async () => {
    const circuits = circuitsOf({ config: { ...circuitsOf().config, services: {} } });
    for (const event of [LIST, GET, OPEN]) {
      expect(await operate(event, circuits)).toEqual({
        ok: false,
        error: {
          code: 'invalid_operation',
          message: 'no service of this gateway has a circuit: give one a circuitBreaker in the stack, and deploy it',
        },
      });
    }
  });
});

describe('an item that somebody edited into nonsense', () => {
  const FAULT = 'circuit.state must be one of closed, open, half-open, forced-open, forced-closed, got "ajar"';

  it('is told of, beside the history that there is', async () => {
    await circuitOf(OPEN);
    await spoil();
    expect(await circuitOf(GET)).toMatchObject({ circuit: null, fault: FAULT, history: [{ version: 1 }] });
    expect(await operate(LIST)).toMatchObject({
      circuits: [{ fault: null }, { service: 'payments', circuit: null, fault: FAULT }, { fault: null }],
    });
  });

  it.each([
    [OPEN, { state: 'forced-open', by: 'alice' }],
    [CLOSE, { state: 'forced-closed', by: 'bob' }],
    [RELEASE, { state: 'closed', by: 'carol', source: 'operator' }],
  ])('is replaced by %j', async (event, circuit) => {
    await spoil({ state: { S: 'ajar' }, version: { N: '7' } });
    const repaired = { ...circuit, version: 8 };
    expect(await circuitOf(event)).toMatchObject({
      circuit: repaired,
      fault: null,
      history: [repaired],
      changed: true,
      note: `the table's item was no circuit and was replaced (${FAULT})`,
    });
    expect(await storeOf('payments').read({ consistent: true })).toMatchObject(repaired);
    expect(await circuitOf(OPEN)).toMatchObject({ circuit: { state: 'forced-open', version: 9 } });
  });

  it('is replaced by one operator of several, and moved by the others', async () => {
    await spoil({ state: { S: 'ajar' }, version: { N: '7' } });
    const results = await Promise.all([OPEN, CLOSE, OPEN, RELEASE].map((event) => circuitOf(event)));
    const moved = results.filter(({ changed }) => changed).map(({ circuit }) => circuit?.version ?? 0);
    expect(results.filter(({ note }) => note?.includes('and was replaced'))).toHaveLength(1);
    const history = await storeOf('payments').history(10);
    expect(history.map(({ version }) => version)).toEqual(moved.toSorted((left, right) => right - left));
    expect(new Set(moved).size).toBe(moved.length);
  });

  it('while an operator writes is replaced too', async () => {
    const store = storeOf('payments');
    const replace: CircuitTable['replace'] = async (previous, next) => {
      await spoil();
      return store.replace(previous, next);
    };
    expect(await circuitOf(OPEN, circuitsOf({ storeOf: () => bound(store, { replace }) }))).toMatchObject({
      circuit: { state: 'forced-open' },
      note: expect.stringContaining('and was replaced'),
    });
  });
});

/** The store with some of its methods changed. */
function bound(store: CircuitStore, changes: Partial<CircuitTable>): CircuitTable {
  return {
    inspect: store.inspect.bind(store),
    replace: store.replace.bind(store),
    overwrite: store.overwrite.bind(store),
    remember: store.remember.bind(store),
    history: store.history.bind(store),
    ...changes,
  };
}

describe('operators that race', () => {
  it('and never come to an end are told so', async () => {
    let writes = 0;
    const replace: CircuitTable['replace'] = async (_, next) => {
      writes += 1;
      return { ...next, by: 'another operator' };
    };
    const circuits = circuitsOf({ storeOf: (service) => bound(storeOf(service), { replace }) });
    expect(await operate(OPEN, circuits)).toEqual({
      ok: false,
      error: {
        code: 'conflict',
        message: 'the circuit of payments was moved by others 10 times in a row: ask for it again',
      },
    });
    expect(writes).toBe(10);
  });

  it('with each other and with outcomes are each in the history, once, and the last one stands', async () => {
    const byHand = fc.constantFrom(OPEN, { ...OPEN, forMs: MINUTE_MS }, CLOSE, RELEASE);
    const racers = fc.array(fc.oneof(byHand, fc.constant(null)), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(racers, { minLength: 1, maxLength: 3 }), async (races) => {
        nextGateway();
        const results: CircuitResult[] = [];
        for (const race of races) {
          const events = race.filter((event) => event !== null);
          const trips = race.length - events.length;
          const [told] = await Promise.all([
            Promise.all(events.map((event) => circuitOf(event))),
            Promise.all(Array.from({ length: trips }, () => trip())),
          ]);
          // Who forces a circuit has something to change, whatever the others did.
          expect(told.every(({ changed }, index) => changed || events[index] === RELEASE)).toBe(true);
          results.push(...told);
          clock.advance(1000);
        }
        const moved = results.filter(({ changed }) => changed).map(({ circuit }) => circuit);
        const history = await storeOf('payments').history(100);
        expect(history).toEqual(moved.toSorted((left, right) => (right?.version ?? 0) - (left?.version ?? 0)));
        expect(new Set(history.map(({ version }) => version)).size).toBe(history.length);
        // Outcomes move no circuit that is held.
        const [last] = history;
        const stands = await storeOf('payments').read({ consistent: true });
        if (last !== undefined && isForced(last)) expect(stands).toEqual(last);
        expect(stands.version).toBeGreaterThanOrEqual(last?.version ?? 0);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('DynamoDB that does not answer', () => {
  const unavailable = {
    ok: false,
    error: {
      code: 'store_unavailable',
      message:
        'the table does not answer (Error: the table is gone): it may have stored the operation or not, so ask for it again',
    },
  };

  it.each([
    ['GetItem', [LIST, GET, OPEN, CLOSE, RELEASE]],
    ['PutItem', [OPEN, CLOSE]],
    ['Query', [GET]],
  ])('at %s is told', async (command, events) => {
    const faulty = faultyClient(table);
    faulty.fault = (called) => (called === command ? 'fails' : 'none');
    const circuits = circuitsOf({ storeOf: (service) => storeOf(service, faulty.client) });
    for (const event of events) expect(await operate(event, circuits)).toEqual(unavailable);
  });

  it('for the history alone leaves the circuit moved, and the operator is told', async () => {
    const store = storeOf('payments');
    const remember = () => Promise.reject(new Error('the table is gone'));
    const circuits = circuitsOf({ storeOf: () => bound(store, { remember }) });
    expect(await circuitOf(OPEN, circuits)).toMatchObject({
      circuit: { state: 'forced-open' },
      changed: true,
      note: 'this holds, but may be missing in the history: the table does not answer (Error: the table is gone)',
    });
    expect(await store.read({ consistent: true })).toMatchObject({ state: 'forced-open' });
  });

  it('is not blamed for what is wrong in the function', async () => {
    const inspect = () => Promise.reject(new TypeError('x is not a function'));
    const circuits = circuitsOf({ storeOf: (service) => bound(storeOf(service), { inspect }) });
    await expect(operate(OPEN, circuits)).rejects.toThrow('x is not a function');
  });
});
