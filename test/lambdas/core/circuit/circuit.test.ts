import { describe, expect, it } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { isTransition, type Signal, settle, transition } from '../../../../lambdas/core/circuit/circuit.ts';
import { actionFor, retryAfterS } from '../../../../lambdas/core/circuit/circuit-action.ts';
import { bounded } from '../../../../lambdas/core/circuit/circuit-bounds.ts';
import {
  failed,
  forced,
  HELD,
  LEASE_MS,
  movedBy,
  OPENED,
  PROBING,
  RECOVERED,
  RELEASED,
  SHUT,
  started,
  succeeded,
  TIMING,
  tripped,
} from '../../../support/circuit/circuits.ts';

function next(circuit: CircuitState, signal: Signal, nowMs: number, random = 0): CircuitState {
  return transition(circuit, signal, { nowMs, random }, TIMING);
}

function admitted(circuit: CircuitState, nowMs: number, random = 0.999): string {
  return actionFor(circuit, { nowMs, random }, TIMING);
}

/** An outage whose first probe failed at each of these times. */
function reopened(times: number, random: number): CircuitState {
  let circuit: CircuitState = OPENED;
  for (let time = 1; time <= times; time += 1) {
    const atMs = circuit.state === 'open' ? circuit.retryAtMs : 0;
    circuit = next(next(circuit, started('p'), atMs), failed('p'), atMs, random);
  }
  return circuit;
}

function waitOf(circuit: CircuitState, openedAtMs: number): number {
  return circuit.state === 'open' ? circuit.retryAtMs - openedAtMs : Number.NaN;
}

describe('a closed circuit', () => {
  it('lets every request pass', () => expect(admitted(INITIAL_CIRCUIT, 0)).toBe('pass'));

  it('opens by a trip for the time of the policy, and says who tripped it and why', () => {
    expect(OPENED).toEqual({
      state: 'open',
      version: 1,
      atMs: 1000,
      openedAtMs: 1000,
      retryAtMs: 31_000,
      reopenings: 0,
      source: 'outcomes',
      by: 'somebody',
      reason: 'too many failures',
      figures: { failures: 5 },
      alarmAtMs: 0,
    });
  });

  it('is opened by no alarm of before it closed', () => {
    expect(next(RECOVERED, tripped(31_999, 'alarm'), 40_000)).toBe(RECOVERED);
    expect(next(RECOVERED, tripped(32_000, 'alarm'), 40_000).state).toBe('open');
  });

  it('is opened by no alarm twice, whatever the clock of who closed it said', () => {
    const alarmed = movedBy([1000, tripped(70_000, 'alarm')], [2000, forced('forced-closed')], [3000, RELEASED]);
    expect(next(alarmed, tripped(70_000, 'alarm'), 80_000)).toBe(alarmed);
    expect(next(alarmed, tripped(69_000, 'alarm'), 80_000)).toBe(alarmed);
    expect(next(alarmed, tripped(70_001, 'alarm'), 80_000).state).toBe('open');
  });

  it('is opened by alarms even where somebody wrote times into it that no clock can have', () => {
    const nonsense = { ...RECOVERED, closedAtMs: 9e15, alarmAtMs: 9e15 } as CircuitState;
    expect(next(nonsense, tripped(40_000, 'alarm'), 41_000)).toMatchObject({ state: 'open', alarmAtMs: 40_000 });
  });

  it('is opened by alarms and outcomes even where the clock of who closed it was a minute ahead', () => {
    expect(next(RECOVERED, tripped(1, 'alarm'), 2).state).toBe('open');
    expect(next(RECOVERED, tripped(1), 1).state).toBe('open');
  });

  it('is opened by no outcomes that were counted before it opened last', () => {
    const ofOld = { ...tripped(40_000), ofVersion: 0 } as Signal;
    expect(next(RECOVERED, ofOld, 40_000)).toBe(RECOVERED);
    expect(next(RECOVERED, { ...ofOld, ofVersion: RECOVERED.version } as Signal, 40_000).state).toBe('open');
  });
});

describe('a circuit that has just closed', () => {
  it.each([
    [32_000, 0.1],
    [33_000, 0.2],
    [34_500, 0.5],
    [36_999, 0.9998],
  ])('at %d lets pass a share of %d of the requests', (nowMs, share) => {
    expect(admitted(RECOVERED, nowMs, share - 0.001)).toBe('pass');
    expect(admitted(RECOVERED, nowMs, share + 0.0001)).toBe('reject');
  });

  it('lets all pass when its ramp-up is over', () => expect(admitted(RECOVERED, 37_000)).toBe('pass'));

  it('lets all pass where it was closed by a clock that is ahead', () => expect(admitted(RECOVERED, 0)).toBe('pass'));

  it('goes on with its backoff when it is tripped while it ramps up, and begins anew later', () => {
    const flapping = next(next(reopened(2, 0), started('p'), 1e9), succeeded('p'), 1e9);
    const closed = ['q', 'r'].reduce(
      (circuit, id) => next(next(circuit, started(id), 1e9), succeeded(id), 1e9),
      flapping,
    );
    expect(closed).toMatchObject({ state: 'closed', reopenings: 2, rampUntilMs: 1e9 + 5000 });
    expect(next(closed, tripped(1e9), 1e9 + 4999)).toMatchObject({ state: 'open', reopenings: 3 });
    expect(next(closed, tripped(1e9), 1e9 + 5000)).toMatchObject({ state: 'open', reopenings: 0 });
  });
});

describe('an open circuit', () => {
  it('rejects until its time is over and then asks for a probe', () => {
    expect(admitted(OPENED, 30_999)).toBe('reject');
    expect(admitted(OPENED, 31_000)).toBe('probe');
    expect(next(OPENED, started('a'), 30_999)).toBe(OPENED);
  });

  it('is not opened for longer by another trip', () => expect(next(OPENED, tripped(5000), 5000)).toBe(OPENED));

  it('does not close by the late success of a probe', () => expect(next(OPENED, succeeded('a'), 40_000)).toBe(OPENED));

  it('stays open twice as long each time that a probe fails, at random down to half of that, up to the ceiling', () => {
    const waits = (random: number) =>
      [0, 1, 2, 3, 4, 5, 60].map((times) => {
        const circuit = reopened(times, random);
        const at = times === 0 ? 1000 : (reopened(times - 1, random) as { retryAtMs: number }).retryAtMs;
        return waitOf(circuit, at);
      });
    expect(waits(0)).toEqual([30_000, 30_000, 60_000, 120_000, 150_000, 150_000, 150_000]);
    expect(waits(1)).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000, 300_000]);
  });
});

it('a circuit that has opened again for ever can still be written', () => {
  const worn = { ...PROBING, reopenings: Number.MAX_SAFE_INTEGER } as CircuitState;
  expect(next(worn, failed('a'), 32_000)).toMatchObject({ state: 'open', reopenings: 50 });
});

describe('a half-open circuit', () => {
  it('has as many probes under way as the policy says, and rejects all others', () => {
    const full = next(PROBING, started('b'), 31_000);
    expect(full).toMatchObject({ state: 'half-open', leases: { a: 41_000, b: 41_000 } });
    expect(admitted(PROBING, 31_000)).toBe('probe');
    expect(admitted(full, 31_000)).toBe('reject');
    expect(next(full, started('c'), 40_999)).toBe(full);
  });

  it('gives a place to another when its holder has not reported in time', () => {
    const full = next(PROBING, started('b'), 35_000);
    expect(admitted(full, 41_000)).toBe('probe');
    expect(next(full, started('c'), 41_000)).toMatchObject({ leases: { b: 45_000, c: 51_000 } });
  });

  it('sends no more probes than it takes to close', () => {
    const two = [succeeded('a'), started('b'), succeeded('b'), started('c')].reduce<CircuitState>(
      (circuit, signal) => next(circuit, signal, 31_000),
      PROBING,
    );
    expect(two).toMatchObject({ succeeded: 2, leases: { c: 41_000 } });
    expect(admitted(two, 31_000)).toBe('reject');
  });

  it('closes by the last success, and says how long the outage was', () => {
    expect(RECOVERED).toMatchObject({
      state: 'closed',
      closedAtMs: 32_000,
      rampUntilMs: 37_000,
      source: 'outcomes',
      reason: '3 of 3 probes succeeded',
      figures: { succeeded: 3, openMs: 31_000 },
    });
  });

  it('opens again by one failure, whatever has succeeded, and keeps when the outage began', () => {
    const mixed = next(next(PROBING, started('b'), 31_000), succeeded('a'), 31_200);
    expect(next(mixed, failed('b'), 32_000)).toMatchObject({
      state: 'open',
      openedAtMs: 1000,
      retryAtMs: 62_000,
      reopenings: 1,
      reason: 'the probe was answered 503',
      figures: { succeeded: 1, reopenings: 1 },
    });
  });

  it('gives the place of a probe that nobody sends to another at once', () => {
    expect(next(PROBING, { type: 'probe-abandoned', id: 'a' }, 31_000)).toMatchObject({ leases: {}, succeeded: 0 });
    expect(next(PROBING, { type: 'probe-abandoned', id: 'z' }, 31_000)).toBe(PROBING);
  });

  it('says since when it is so, which probes that come and go do not change', () => {
    const [full, good] = [next(PROBING, started('b'), 32_000), next(PROBING, succeeded('a'), 32_000)];
    expect([PROBING.atMs, full.atMs, good.atMs]).toEqual([31_000, 31_000, 31_000]);
    expect(next(full, failed('b'), 33_000)).toMatchObject({ state: 'open', atMs: 33_000, openedAtMs: 1000 });
    const shut = movedBy([1000, forced('forced-open', 5000)]);
    expect(next(shut, forced('forced-open', 9000), 2000)).toMatchObject({ atMs: 2000 });
    expect(next(shut, { type: 'time' }, 8000)).toMatchObject({ state: 'open', atMs: 5000 });
  });

  it('takes no report of a probe that has no lease', () => {
    expect(next(PROBING, succeeded('z'), 32_000)).toBe(PROBING);
    expect(next(PROBING, failed('z'), 32_000)).toBe(PROBING);
    expect(next(PROBING, failed('constructor'), 32_000)).toBe(PROBING);
  });
});

describe('a forced circuit', () => {
  it('rejects all or lets all pass, whatever is seen of its service', () => {
    expect([admitted(SHUT, 1e12), admitted(HELD, 1e12)]).toEqual(['reject', 'pass']);
    for (const signal of [tripped(9e12), started('a'), succeeded('a'), failed('a'), { type: 'time' } as const]) {
      expect(next(SHUT, signal, 9e12)).toBe(SHUT);
      expect(next(HELD, signal, 9e12)).toBe(HELD);
    }
  });

  it('that is handed back must show first that its service is well, if it was open', () => {
    expect(next(SHUT, RELEASED, 9000)).toMatchObject({ state: 'open', openedAtMs: 1000, retryAtMs: 9000 });
    expect(next(HELD, RELEASED, 9000)).toMatchObject({ state: 'closed', closedAtMs: 9000, rampUntilMs: 0 });
  });

  it('ends by itself when its time is over, for each request at once and in the table by a signal of time', () => {
    const shut = movedBy([1000, forced('forced-open', 5000)]);
    const held = movedBy([1000, forced('forced-closed', 5000)]);
    expect([admitted(shut, 4999), admitted(shut, 5000)]).toEqual(['reject', 'probe']);
    expect(next(shut, { type: 'time' }, 4999)).toBe(shut);
    expect(next(shut, { type: 'time' }, 5000)).toMatchObject({ state: 'open', version: 2, source: 'time' });
    expect(next(held, { type: 'time' }, 6000)).toMatchObject({ state: 'closed', version: 2, closedAtMs: 5000 });
    expect(next(held, tripped(6000), 6000)).toMatchObject({ state: 'open', version: 2, source: 'outcomes' });
    expect(settle(held, 4999)).toBe(held);
  });

  it('keeps no version of its own that is not written', () => {
    const held = movedBy([1000, forced('forced-closed', 5000)]);
    expect(next(held, succeeded('a'), 6000)).toBe(held);
  });
});

describe('isTransition', () => {
  it('is true of what people look for, and not of probes that come and go', () => {
    expect(isTransition(INITIAL_CIRCUIT, OPENED)).toBe(true);
    expect(isTransition(OPENED, PROBING)).toBe(true);
    expect(isTransition(PROBING, next(PROBING, started('b'), 31_000))).toBe(false);
    expect(isTransition(PROBING, next(PROBING, succeeded('a'), 31_000))).toBe(false);
    expect(isTransition(SHUT, next(SHUT, forced('forced-open', 9000), 2000))).toBe(true);
  });
});

describe('retryAfterS', () => {
  it.each([
    [OPENED, 1000, 30],
    [OPENED, 1001, 30],
    [OPENED, 30_999, 1],
    [OPENED, 99_000, 1],
    [PROBING, 31_000, 1],
    [RECOVERED, 33_000, 1],
    [SHUT, 33_000, 1],
    [movedBy([1000, forced('forced-open', 61_000)]), 31_000, 30],
    [INITIAL_CIRCUIT, 5, 1],
  ])('of %o at %d is %d whole seconds', (circuit, nowMs, seconds) => {
    expect(retryAfterS(circuit, nowMs)).toBe(seconds);
  });
});

describe('bounded', () => {
  const seen = (atMs: number, known: CircuitState = INITIAL_CIRCUIT) => ({ atMs, known, leaseMs: LEASE_MS });

  it('shuts nobody out for longer than the policy can have meant', () => {
    const nonsense = { ...OPENED, retryAtMs: 9e15 } as CircuitState;
    expect(bounded(nonsense, seen(1000), TIMING)).toMatchObject({ retryAtMs: 301_000 });
    expect(bounded(OPENED, seen(1000), TIMING)).toBe(OPENED);
  });

  it.each([
    ['right', 31_500],
    ['a minute behind', -28_500],
    ['a minute ahead', 91_500],
  ])('lets a lease last from when it was first seen, by a clock that is %s', (_, nowMs) => {
    const first = bounded(PROBING, seen(nowMs), TIMING);
    expect(first).toMatchObject({ leases: { a: nowMs + LEASE_MS } });
    const both = { ...PROBING, leases: { a: 41_000, b: 42_000 } } as CircuitState;
    expect(bounded(both, seen(nowMs + 500, first), TIMING)).toMatchObject({
      leases: { a: nowMs + LEASE_MS, b: nowMs + 500 + LEASE_MS },
    });
  });

  it('gives no time to leases that a fleet of long ago left behind', () => {
    const circuit = bounded(PROBING, seen(1e9), TIMING);
    expect(admitted(circuit, 1e9)).toBe('probe');
    expect(circuit).toMatchObject({ leases: { a: 41_000 } });
  });

  it('keeps no place for a probe longer than a probe can take', () => {
    const nonsense = { ...PROBING, leases: { a: 9e15, constructor: 9e15 } } as CircuitState;
    expect(bounded(nonsense, seen(31_000), TIMING)).toMatchObject({ leases: { a: 41_000, constructor: 41_000 } });
  });

  it.each([-5, 3, 1e9])('can be closed by a probe, although %d are said to have succeeded', (said) => {
    const circuit = bounded({ ...PROBING, succeeded: said, leases: {} } as CircuitState, seen(31_000), TIMING);
    expect(admitted(circuit, 31_000)).toBe('probe');
    const ids = ['p', 'q', 'r'];
    const closed = ids.reduce((one, id) => next(next(one, started(id), 31_000), succeeded(id), 31_000), circuit);
    expect(closed.state).toBe('closed');
  });

  it.each([INITIAL_CIRCUIT, RECOVERED, SHUT, HELD])('leaves %o as it is', (circuit) => {
    expect(bounded(circuit, seen(1000), TIMING)).toBe(circuit);
  });
});
