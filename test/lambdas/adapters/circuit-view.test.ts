import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitStore } from '../../../lambdas/adapters/circuit-store.ts';
import {
  CircuitView,
  type CircuitViewOptions,
  FRESH_MS,
  STALE_MS,
  WAITS,
} from '../../../lambdas/adapters/circuit-view.ts';
import { type CircuitState, INITIAL_CIRCUIT, type Signal } from '../../../lambdas/core/circuit.ts';
import { TestClock } from '../../support/clock.ts';
import { startTable, type TestTable } from '../../support/dynamodb.ts';
import { type FaultyClient, faultyClient } from '../../support/faulty-dynamodb.ts';
import { captureLines } from '../../support/lines.ts';

const POLICY = { openForMs: 30_000 };
const LEASE_MS = 7000;
const PROBE: Signal = { type: 'probe-started', leaseMs: LEASE_MS };

let table: TestTable;
let clock: TestClock;
let services = 0;
const clients: FaultyClient[] = [];

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  clock = new TestClock();
  services += 1;
});
afterEach(() => {
  for (const { client } of clients.splice(0)) client.destroy();
});

/** No deadline: a busy machine must not decide a test. */
const PATIENT = { load: 60_000, read: 60_000, write: 60_000 };

/** One environment's view of the test's one circuit, over a table that may fail. */
function environment(waits: NonNullable<CircuitViewOptions['waits']> = PATIENT) {
  const faulty = faultyClient(table);
  clients.push(faulty);
  const transitions: string[] = [];
  const failures: unknown[] = [];
  const view = new CircuitView({
    store: new CircuitStore(faulty.client, table.name, { gateway: 'test', service: `service-${services}` }),
    policy: POLICY,
    clock: clock.now,
    waits,
    onTransition: (next) => {
      transitions.push(next.state);
    },
    onFailure: (error) => failures.push(error),
  });
  return { view, faulty, transitions, failures };
}

function trip(atMs = clock.nowMs): Signal {
  return { type: 'trip', source: 'outcomes', reason: 'too many failures', atMs };
}

/** Opens the circuit as another environment would. */
async function openElsewhere(): Promise<CircuitState> {
  const { view } = environment();
  const result = await view.signal(await view.current(), trip());
  if (result.status !== 'made') throw new Error('another was first');
  return result.circuit;
}

function reads({ calls }: FaultyClient): number {
  return calls.filter((command) => command === 'GetItem').length;
}

describe('the state that a request decides on', () => {
  it('is read from the table before the first request', async () => {
    const opened = await openElsewhere();
    expect(await environment().view.current()).toEqual(opened);
  });

  it('is used as it is while it is fresh', async () => {
    const { view, faulty } = environment();
    await view.current();
    await openElsewhere();
    clock.advance(FRESH_MS - 1);
    for (let request = 0; request < 10; request += 1) expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect(reads(faulty)).toBe(1);
  });

  it('is read again beside the request when it is no longer fresh, once for all requests', async () => {
    const { view, faulty } = environment();
    await view.current();
    const opened = await openElsewhere();
    clock.advance(FRESH_MS);
    expect(await Promise.all([view.current(), view.current(), view.current()])).toEqual(
      Array.from({ length: 3 }, () => INITIAL_CIRCUIT),
    );
    await vi.waitFor(async () => expect(await view.current()).toEqual(opened), { interval: 5 });
    expect(reads(faulty)).toBe(2);
  });

  it('is read again before the request when the environment was frozen', async () => {
    const { view } = environment();
    await view.current();
    const opened = await openElsewhere();
    clock.advance(STALE_MS);
    expect(await view.current()).toEqual(opened);
  });

  it('is read once by an environment that starts, ahead of the first request', async () => {
    const opened = await openElsewhere();
    const { view, faulty } = environment();
    await view.load();
    expect(await view.current()).toEqual(opened);
    expect(reads(faulty)).toBe(1);
  });

  it('is as old as its question when the answer was held up by a freeze', async () => {
    const { view, faulty } = environment();
    await view.current();
    const answered = Promise.withResolvers<void>();
    const thawed = Promise.withResolvers<void>();
    faulty.client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        answered.resolve();
        await thawed.promise;
        return answer;
      },
      { step: 'initialize', priority: 'high' },
    );
    clock.advance(FRESH_MS);
    await view.current();
    await answered.promise;
    const opened = await openElsewhere();
    clock.advance(3_600_000);
    thawed.resolve();
    await new Promise(setImmediate);
    expect(await view.current()).toEqual(opened);
  });

  it('is read again when the clock was set back', async () => {
    const { view } = environment();
    await view.load();
    const opened = await openElsewhere();
    clock.advance(-60_000);
    expect(await view.current()).toEqual(opened);
  });
});

describe('a table that fails', () => {
  it('leaves the last known state to decide on, and is asked once a second', async () => {
    const opened = await openElsewhere();
    const { view, faulty, failures } = environment();
    await view.current();
    faulty.fault = () => 'fails';
    clock.advance(STALE_MS);
    for (let request = 0; request < 5; request += 1) expect(await view.current()).toEqual(opened);
    expect(failures).toHaveLength(1);
    clock.advance(FRESH_MS);
    await view.current();
    await vi.waitFor(() => expect(failures).toHaveLength(2), { interval: 5 });
  });

  it('lets requests of a new environment pass', async () => {
    const { view, faulty, failures } = environment();
    faulty.fault = () => 'fails';
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect(failures).toHaveLength(1);
  });

  it('and does not answer is waited for, but not for long', async () => {
    const { view, faulty } = environment(WAITS);
    faulty.fault = () => 'hangs';
    const startedAtMs = performance.now();
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    const elapsedMs = performance.now() - startedAtMs;
    expect(elapsedMs).toBeGreaterThan(WAITS.read - 20);
    expect(elapsedMs).toBeLessThan(WAITS.read + 500);
  });

  it('and does not answer makes no transition, and is waited for no longer', async () => {
    const { view, faulty, failures, transitions } = environment(WAITS);
    const circuit = await view.current();
    faulty.fault = () => 'hangs';
    expect(await view.signal(circuit, trip())).toEqual({ status: 'unanswered' });
    expect(failures).toHaveLength(1);
    expect(transitions).toEqual([]);
  });

  it('and has failed before is unavailable, until it answers again', async () => {
    const { view, faulty } = environment(WAITS);
    const circuit = await view.current();
    faulty.fault = () => 'fails';
    expect(await view.signal(circuit, trip())).toEqual({ status: 'unavailable' });
    faulty.fault = () => 'hangs';
    expect(await view.signal(circuit, trip())).toEqual({ status: 'unavailable' });
    faulty.fault = () => 'none';
    await view.load();
    faulty.fault = () => 'hangs';
    expect(await view.signal(circuit, trip())).toEqual({ status: 'unanswered' });
  });

  it('that loses only the history makes the transition all the same', async () => {
    const { view, faulty, failures, transitions } = environment();
    const circuit = await view.current();
    faulty.fault = (_, input) => (JSON.stringify(input).includes('history#') ? 'fails' : 'none');
    expect(await view.signal(circuit, trip())).toMatchObject({ status: 'made' });
    expect(transitions).toEqual(['open']);
    expect(failures).toHaveLength(1);
  });

  it('and works again is believed again', async () => {
    const { view, faulty } = environment();
    faulty.fault = () => 'fails';
    await view.current();
    const opened = await openElsewhere();
    faulty.fault = () => 'none';
    clock.advance(STALE_MS);
    expect(await view.current()).toEqual(opened);
  });

  it('makes a signal unavailable and changes nothing', async () => {
    const { view, faulty, transitions, failures } = environment();
    const circuit = await view.current();
    faulty.fault = () => 'fails';
    expect(await view.signal(circuit, trip())).toEqual({ status: 'unavailable' });
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
    expect([transitions, failures.length]).toEqual([[], 1]);
  });
});

describe('a signal', () => {
  it('that moves the circuit is told once, and holds for this environment at once and for the others soon', async () => {
    const [one, other] = [environment(), environment()];
    await other.view.current();
    const result = await one.view.signal(await one.view.current(), trip());
    expect(result).toMatchObject({ status: 'made', circuit: { state: 'open', version: 1 } });
    expect(one.transitions).toEqual(['open']);
    expect(await one.view.current()).toMatchObject({ state: 'open' });
    clock.advance(STALE_MS);
    expect(await other.view.current()).toMatchObject({ state: 'open' });
    expect(other.transitions).toEqual([]);
  });

  it('that changes nothing does not reach the table', async () => {
    const opened = await openElsewhere();
    const { view, faulty, transitions } = environment();
    await view.current();
    expect(await view.signal(opened, trip())).toEqual({ status: 'lost' });
    expect(faulty.calls).not.toContain('PutItem');
    expect(transitions).toEqual([]);
  });

  it('that comes second is lost, and this environment knows the winner at once', async () => {
    const [one, other] = [environment(), environment()];
    const [seen, alsoSeen] = [await one.view.current(), await other.view.current()];
    await one.view.signal(seen, trip());
    expect(await other.view.signal(alsoSeen, trip())).toEqual({ status: 'lost' });
    expect(await other.view.current()).toMatchObject({ state: 'open', version: 1 });
    expect(other.transitions).toEqual([]);
  });

  it('that is lost to an operator who removed the circuit makes it closed again', async () => {
    const { view } = environment();
    const neverStored: CircuitState = { ...INITIAL_CIRCUIT, version: 7 };
    expect(await view.signal(neverStored, trip())).toEqual({ status: 'lost' });
    expect(await view.current()).toEqual(INITIAL_CIRCUIT);
  });

  it('gives the probe to one environment of many', async () => {
    const opened = await openElsewhere();
    clock.advance(POLICY.openForMs);
    const environments = Array.from({ length: 8 }, environment);
    const results = await Promise.all(environments.map(({ view }) => view.signal(opened, PROBE)));
    expect(results.filter(({ status }) => status === 'made')).toHaveLength(1);
    expect(results.filter(({ status }) => status === 'lost')).toHaveLength(7);
    for (const { view } of environments) expect(await view.current()).toMatchObject({ state: 'half-open', version: 2 });
  });

  it('of a probe whose lease was given to another comes too late', async () => {
    const opened = await openElsewhere();
    clock.advance(POLICY.openForMs);
    const [slow, next] = [environment(), environment()];
    const held = await slow.view.signal(opened, PROBE);
    clock.advance(LEASE_MS);
    await next.view.signal(await next.view.current(), PROBE);
    if (held.status !== 'made') throw new Error('the probe was not given');
    expect(await slow.view.signal(held.circuit, { type: 'probe-succeeded' })).toEqual({ status: 'lost' });
    expect(await slow.view.current()).toMatchObject({ state: 'half-open', version: 3 });
  });

  it('is made though its history could not be written', async () => {
    const { view, faulty, transitions } = environment();
    const circuit = await view.current();
    faulty.fault = (_, input) => (JSON.stringify(input).includes('history#') ? 'fails' : 'none');
    const output = captureLines();
    expect(await view.signal(circuit, trip())).toMatchObject({ status: 'made' });
    output.restore();
    expect(transitions).toEqual(['open']);
  });

  it('whose answer was lost is learnt with the next read', async () => {
    const { view, faulty } = environment();
    const circuit = await view.current();
    faulty.fault = (command) => (command === 'PutItem' ? 'answer lost' : 'none');
    expect(await view.signal(circuit, trip())).toEqual({ status: 'unavailable' });
    clock.advance(STALE_MS);
    expect(await view.current()).toMatchObject({ state: 'open', version: 1 });
  });

  it('is not undone by a read that began before it', async () => {
    const { view, faulty } = environment();
    const circuit = await view.current();
    clock.advance(FRESH_MS);
    const answered = Promise.withResolvers<void>();
    faulty.client.middlewareStack.add(
      (next, context) => async (args) => {
        const answer = await next(args);
        if (context['commandName'] === 'GetItemCommand') await answered.promise;
        return answer;
      },
      { step: 'initialize', priority: 'high' },
    );
    await view.current();
    await vi.waitFor(() => expect(reads(faulty)).toBe(2), { interval: 5 });
    await view.signal(circuit, trip());
    answered.resolve();
    await new Promise(setImmediate);
    expect(await view.current()).toMatchObject({ state: 'open' });
  });
});
