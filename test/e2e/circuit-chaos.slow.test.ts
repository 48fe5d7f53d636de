import { beforeAll, describe, expect, test } from 'vitest';
import { phases } from '../../bench/circuit-chaos/phases.ts';
import { play } from '../../bench/circuit-chaos/play.ts';
import { during, type Played, type Recording, type ServiceRecord } from '../../bench/circuit-chaos/recording.ts';
import { CAST, startStage } from '../../bench/circuit-chaos/stage.ts';
import type { CircuitState } from '../../lambdas/contract/circuit/circuit-state.ts';

const ENVIRONMENTS = CAST.payments.processes * CAST.payments.instances;
const { successes } = CAST.payments.circuit;
/** Requests of about half a second, the last of a run. */
const LAST = 20;

let recording: Recording;
let payments: ServiceRecord;

beforeAll(async () => {
  const stage = await startStage();
  try {
    recording = await play(stage, phases({ illMs: 2000, wellMs: 2500 }));
    payments = recording.services.payments;
  } finally {
    await stage.stop();
  }
}, 120_000);

function phase(name: string): Played {
  const played = recording.phases.find((one) => one.name === name);
  if (played === undefined) throw new Error(`the script has no part ${name}`);
  return played;
}

/** What moved the circuit first in a part of the script. */
function firstOf(name: string): CircuitState | undefined {
  return during(payments, phase(name)).history[0];
}

function stateAt(atMs: number): CircuitState['state'] {
  return payments.history.findLast((circuit) => circuit.atMs <= atMs)?.state ?? 'closed';
}

/** Probes of all instances, by each half-open period of the circuit. */
function probesByPeriod(): readonly (readonly unknown[])[] {
  return payments.history.flatMap(({ state, version }, index) => {
    if (state !== 'half-open') return [];
    const endedBy = payments.history[index + 1]?.version ?? Number.POSITIVE_INFINITY;
    const isOfPeriod = (seen: number) => seen >= version && seen < endedBy;
    return [payments.samples.filter(({ probe, circuit }) => probe && isOfPeriod(circuit.version))];
  });
}

describe('an upstream that is well, dead, slow and flapping by turns, under load', () => {
  test.each([
    ['dead', /calls failed within 1 s$/],
    ['slow', /calls took 200 ms or longer within 1 s$/],
    ['flapping', /calls failed within 1 s$/],
  ])('has its circuit opened when it is %s', (name, reason) => {
    expect(firstOf(name)).toMatchObject({
      state: 'open',
      source: 'outcomes',
      reason: expect.stringMatching(reason),
    });
  });

  test('has it closed again each time that it is well', () => {
    const well = recording.phases.filter(({ name }) => name === 'healthy');
    expect(well).toHaveLength(3);
    expect(well.map(({ untilMs }) => stateAt(untilMs))).toEqual(['closed', 'closed', 'closed']);
  });

  test('is left alone while it is dead: what opened the circuit, one request an instance, and the probes', () => {
    const { samples, history } = during(payments, phase('dead'));
    const opened = history[0]?.figures['failures'] ?? Number.NaN;
    const periods = history.filter(({ state }) => state === 'half-open').length;
    const probes = samples.filter(({ probe }) => probe).length;
    const others = samples.filter(({ calls, probe, status }) => calls > 0 && !probe && status === 502).length;
    expect(periods).toBeGreaterThan(0);
    expect(others).toBeLessThanOrEqual(opened + ENVIRONMENTS);
    expect(probes).toBeLessThanOrEqual(periods * successes);
    expect(samples.filter(({ rejected }) => rejected).length).toBeGreaterThan(others + probes);
  });

  test('is sent no more probes by all instances together than it takes to close', () => {
    const periods = probesByPeriod();
    expect(periods.length).toBeGreaterThanOrEqual(3);
    expect(periods.every((probes) => probes.length > 0)).toBe(true);
    expect(Math.max(...periods.map((probes) => probes.length))).toBe(successes);
  });

  test('gets nothing but probes while its circuit is half-open', () => {
    const { history, samples } = payments;
    const others = samples.filter(({ circuit, calls, probe }) => circuit.state !== 'closed' && calls > 0 && !probe);
    expect(others).toEqual([]);
    const arrivals = history.flatMap(({ atMs, state }, index) => {
      const untilMs = history[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      return state === 'half-open' ? [payments.arrivals.filter((at) => at > atMs && at < untilMs).length] : [];
    });
    expect(Math.max(...arrivals)).toBeLessThanOrEqual(successes);
  });

  test('is sent each request once, or not at all where it is rejected', () => {
    const { samples, arrivals } = payments;
    expect(samples.filter(({ rejected, calls }) => calls !== (rejected ? 0 : 1))).toEqual([]);
    const answered = samples.filter(({ status }) => status === 200).length;
    const called = samples.filter(({ calls }) => calls === 1).length;
    expect(arrivals.length).toBeGreaterThanOrEqual(answered);
    expect(arrivals.length).toBeLessThanOrEqual(called);
  });

  test('answers every request once it is well for good', () => {
    const { samples } = payments;
    const last = samples.toSorted((one, other) => one.sentAtMs - other.sentAtMs).slice(-LAST);
    expect(last.map(({ status }) => status)).toEqual(Array(LAST).fill(200));
  });

  test('costs no other service a request', () => {
    const { samples, history, arrivals } = recording.services.users;
    expect(samples.length).toBeGreaterThan(CAST.users.ratePerS);
    // Its upstream is asked without the gateway, too: none is missing among those that are looked at.
    expect(samples.length + recording.direct.length).toBe(arrivals.length);
    expect(samples.filter(({ rejected, status }) => rejected || status !== 200)).toEqual([]);
    expect(history).toEqual([]);
  });
});
