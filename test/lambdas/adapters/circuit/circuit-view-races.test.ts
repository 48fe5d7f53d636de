import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STALE_MS } from '../../../../lambdas/adapters/circuit/circuit-cache.ts';
import type { SignalResult } from '../../../../lambdas/adapters/circuit/circuit-view.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { type Signal, transition } from '../../../../lambdas/core/circuit/circuit.ts';
import { failed, forced, RELEASED, started, succeeded, TIMING, tripped } from '../../../support/circuit/circuits.ts';
import { circuitViews, type Instance } from './circuit-views.ts';

/** As many probes at once as a circuit can be given. */
const WIDE = { ...TIMING, probes: 20, successes: 20 };

const circuits = circuitViews(WIDE);
const trip = () => tripped(circuits.clock.nowMs);

/** So many instances that all know the circuit as it is now. */
async function fleet(size: number, changes: Parameters<typeof circuits.instance>[0] = {}): Promise<Instance[]> {
  const instances = Array.from({ length: size }, () => circuits.instance(changes));
  await Promise.all(instances.map(({ view }) => view.load()));
  return instances;
}

/** A signal of each instance, all at once. */
function signalAll(instances: readonly Instance[], signal: (instance: number) => Signal): Promise<SignalResult[]> {
  return Promise.all(instances.map(({ view }, index) => view.signal(signal(index))));
}

function countOf(results: readonly SignalResult[], status: SignalResult['status']): number {
  return results.filter((result) => result.status === status).length;
}

describe('of instances that signal at once', () => {
  it('one opens the circuit, and all know it', async () => {
    const instances = await fleet(10);
    const results = await signalAll(instances, trip);
    expect([countOf(results, 'made'), countOf(results, 'unchanged')]).toEqual([1, 9]);
    const opened = await circuits.store().read();
    expect(opened).toMatchObject({ state: 'open', version: 1 });
    for (const { view } of instances) expect(await view.current()).toEqual(opened);
    expect(instances.flatMap(({ transitions }) => transitions)).toEqual(['open for all']);
    expect(await circuits.store().history(10)).toHaveLength(1);
  });

  it.each([1, 3, 20])('only as many try the upstream as there are probes: %d', async (probes) => {
    await circuits.moveElsewhere();
    circuits.clock.advance(TIMING.openForMs);
    const instances = await fleet(probes + 5, { timing: { ...TIMING, probes, successes: 20 } });
    const results: SignalResult[] = [];
    // One instance wins the race for a place; the others ask again with their next request.
    for (let round = 0; countOf(results, 'made') < probes && round < 2 * probes; round += 1) {
      results.push(...(await signalAll(instances, (index) => started(`probe-${round}-${index}`))));
    }
    results.push(...(await signalAll(instances, (index) => started(`late-${index}`))));
    expect(countOf(results, 'made')).toBe(probes);
    expect(countOf(results, 'unchanged')).toBe(results.length - probes);
    const stands = await circuits.store().read();
    expect(stands).toMatchObject({ state: 'half-open', version: 1 + probes });
    expect(stands.state === 'half-open' && Object.keys(stands.leases)).toHaveLength(probes);
    expect(instances.flatMap(({ transitions }) => transitions)).toEqual(['half-open for all']);
  });

  it('each is heard: twenty probes that succeed at once close the circuit', async () => {
    const probes = Array.from({ length: 20 }, (_, index) => started(`${index}`));
    await circuits.moveElsewhere();
    circuits.clock.advance(TIMING.openForMs);
    await circuits.moveElsewhere(...probes);
    const instances = await fleet(20);
    const results = await signalAll(instances, (index) => succeeded(`${index}`));
    expect(countOf(results, 'made')).toBe(20);
    expect(await circuits.store().read()).toMatchObject({ state: 'closed', version: 41, figures: { succeeded: 20 } });
    expect(instances.flatMap(({ transitions }) => transitions)).toEqual(['closed for all']);
  });

  it('one ends what was forced for a time, and its end is in the history once', async () => {
    const untilMs = circuits.clock.nowMs + 60_000;
    await circuits.moveElsewhere(forced('forced-open', untilMs));
    const instances = await fleet(10);
    circuits.clock.advance(60_000);
    const states = await Promise.all(instances.map(({ view }) => view.current()));
    for (const state of states) expect(state).toMatchObject({ state: 'open', version: 2, retryAtMs: untilMs });
    expect(instances.flatMap(({ transitions }) => transitions)).toEqual(['open for all']);
    const history = await circuits.store().history(10);
    expect(history.map(({ state, source }) => [state, source])).toEqual([
      ['open', 'time'],
      ['forced-open', 'operator'],
    ]);
  });

  it('one whose probe’s lease was given to another comes too late', async () => {
    await circuits.moveElsewhere();
    circuits.clock.advance(TIMING.openForMs);
    const [slow, next] = await fleet(2, { timing: { ...TIMING, probes: 1 } });
    await slow?.view.signal(started('slow'));
    circuits.clock.advance(STALE_MS);
    await next?.view.current();
    circuits.clock.advance(60_000);
    await next?.view.current();
    expect(await next?.view.signal(started('next'))).toMatchObject({ status: 'made' });
    expect(await slow?.view.signal(succeeded('slow'))).toMatchObject({ status: 'unchanged' });
    expect(await circuits.store().read()).toMatchObject({ state: 'half-open', succeeded: 0 });
  });
});

describe('a signal', () => {
  it('that changes nothing does not reach the table', async () => {
    const opened = await circuits.moveElsewhere();
    const { view, faulty, transitions } = circuits.instance();
    await view.load();
    expect(await view.signal(trip())).toEqual({ status: 'unchanged', circuit: opened });
    expect(faulty.calls).not.toContain('PutItem');
    expect(transitions).toEqual([]);
  });

  it('on a circuit that somebody removed meanwhile moves the one that stands', async () => {
    await circuits.moveElsewhere(forced('forced-closed'));
    const { view } = circuits.instance();
    await view.load();
    await circuits.remove();
    expect(await view.signal(RELEASED)).toEqual({ status: 'unchanged', circuit: INITIAL_CIRCUIT });
    expect(await view.signal(trip())).toMatchObject({ status: 'made', circuit: { state: 'open', version: 1 } });
  });

  it('is applied exactly once, whatever else is signalled at the same time', async () => {
    const signals = fc.constantFrom<Signal>(
      ...['a', 'b', 'c'].flatMap((id) => [started(id), succeeded(id), failed(id)]),
      ...[forced('forced-open'), forced('forced-closed'), RELEASED, tripped(0), tripped(0)],
    );
    const rounds = fc.array(fc.array(signals, { minLength: 1, maxLength: 8 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        circuits.anew();
        const instances = await fleet(3, { timing: TIMING });
        let states: readonly CircuitState[] = [INITIAL_CIRCUIT];
        for (const round of all) {
          const results = await Promise.all(
            round.map((signal, index) => (instances[index % 3] as Instance).view.signal(signal)),
          );
          states = inOrder(states, round, results, circuits.clock.nowMs);
          expect(await circuits.store().read()).toEqual(states.at(-1));
          circuits.clock.advance(TIMING.openForMs);
        }
        const told = instances.flatMap(({ transitions }) => transitions);
        expect(await circuits.store().history(100)).toHaveLength(told.length);
      }),
      { numRuns: 30 },
    );
  });
});

/**
 * All states until a round of signals is over, which is as if they had come one after the other: each that was made moved
 * the circuit on from where another had left it, and each other one changes nothing on a state that its sender may know.
 */
function inOrder(
  before: readonly CircuitState[],
  signals: readonly Signal[],
  results: readonly SignalResult[],
  nowMs: number,
): readonly CircuitState[] {
  const now = { nowMs, random: 0 };
  const heard = results.map((result, index) => ({ result, signal: signals[index] as Signal }));
  const made = heard.flatMap(({ result, signal }) =>
    result.status === 'made' ? [{ circuit: result.circuit, signal }] : [],
  );
  const states = [...before];
  for (const { circuit, signal } of made.toSorted((one, other) => one.circuit.version - other.circuit.version)) {
    const previous = states.at(-1) as CircuitState;
    expect(circuit).toEqual(transition(previous, signal, now, TIMING));
    expect(circuit.version).toBe(previous.version + 1);
    states.push(circuit);
  }
  for (const { result, signal } of heard) {
    if (result.status === 'made') continue;
    expect(result.status).toBe('unchanged');
    expect(states.some((state) => transition(state, signal, now, TIMING) === state)).toBe(true);
  }
  return states;
}
