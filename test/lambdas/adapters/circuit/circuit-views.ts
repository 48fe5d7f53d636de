import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { encodeCircuitItem } from '../../../../lambdas/adapters/circuit/circuit-item.ts';
import { CircuitStore } from '../../../../lambdas/adapters/circuit/circuit-store.ts';
import { CircuitView, type CircuitViewOptions } from '../../../../lambdas/adapters/circuit/circuit-view.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import type { CircuitTiming } from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import type { CircuitState } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import type { Signal } from '../../../../lambdas/core/circuit/circuit.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { type FaultyClient, faultyClient } from '../../../support/aws/faulty-dynamodb.ts';
import { LEASE_MS, TIMING, tripped } from '../../../support/circuit/circuits.ts';
import { TestClock } from '../../../support/clock.ts';

/** One instance's view of a circuit, over a table that may fail. */
export interface Instance {
  readonly view: CircuitView;
  readonly faulty: FaultyClient;
  /** What this instance moved the circuit to: `open for all`, `closed alone`. */
  readonly transitions: string[];
  readonly failures: unknown[];
}

/** No deadline: a busy machine must not decide a test. */
const PATIENT = { load: 60_000, read: 60_000, write: 60_000 };

/** One circuit for each test, in a table for all of them. To be called where the tests are described. */
export function circuitViews(timing: CircuitTiming = TIMING) {
  let table: TestTable;
  let clock: TestClock;
  let circuits = 0;
  const clients: FaultyClient[] = [];

  beforeAll(async () => {
    table = await startTable();
  });
  afterAll(() => table.stop());
  beforeEach(() => {
    clock = new TestClock();
    circuits += 1;
  });
  afterEach(() => {
    for (const { client } of clients.splice(0)) client.destroy();
  });

  const storeOn = (client: TestTable['client']) =>
    new CircuitStore(sdkTable(client, table.name), { gateway: 'test', service: `service-${circuits}` });

  const key = () => ({ pk: { S: `circuit#test#service-${circuits}` }, sk: { S: 'state' } });

  function instance(changes: Partial<Pick<CircuitViewOptions, 'waits' | 'timing'>> = {}): Instance {
    const faulty = faultyClient(table);
    clients.push(faulty);
    const transitions: string[] = [];
    const failures: unknown[] = [];
    const view = new CircuitView({
      store: storeOn(faulty.client),
      timing,
      leaseMs: LEASE_MS,
      clock: clock.now,
      random: () => 0,
      waits: PATIENT,
      onTransition: (next, made) => transitions.push(`${next.state} ${made}`),
      onFailure: (error) => failures.push(error),
      ...changes,
    });
    return { view, faulty, transitions, failures };
  }

  return {
    get clock() {
      return clock;
    },
    instance,
    /** What the table has, whoever put it there. */
    store: () => storeOn(table.client),
    /** Another circuit than before. */
    anew: () => {
      clock = new TestClock();
      circuits += 1;
    },
    /** Moves the circuit as another instance would. */
    moveElsewhere: async (...signals: readonly Signal[]): Promise<CircuitState> => {
      const { view } = instance();
      await view.load();
      let circuit = await view.current();
      for (const signal of signals.length > 0 ? signals : [tripped(clock.nowMs)]) {
        const result = await view.signal(signal);
        if (result.status !== 'made') throw new Error(`the signal ${signal.type} was not made: ${result.status}`);
        circuit = result.circuit;
      }
      return circuit;
    },
    /** Puts a circuit there as a person with a console would, with whatever they changed. */
    edit: async (circuit: CircuitState, changes: Readonly<Record<string, unknown>> = {}): Promise<void> => {
      const item = encodeCircuitItem({ ...circuit, ...changes } as CircuitState);
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...key(), ...item } }));
    },
    remove: async (): Promise<void> => {
      await table.client.send(new DeleteItemCommand({ TableName: table.name, Key: key() }));
    },
  };
}

/** How often a table was read. */
export function reads({ calls }: FaultyClient): number {
  return calls.filter((command) => command === 'GetItem').length;
}

/** Keeps the answers to a command on their way until they are let go. */
export function holdAnswers({ client }: FaultyClient, command: 'GetItem' | 'PutItem') {
  const answered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (context['commandName'] !== `${command}Command`) return answer;
      answered.resolve();
      await released.promise;
      return answer;
    },
    { step: 'initialize', priority: 'high' },
  );
  return { answered: answered.promise, release: released.resolve, fail: released.reject };
}
