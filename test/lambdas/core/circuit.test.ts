import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admit,
  type CircuitState,
  INITIAL_CIRCUIT,
  retryAfterS,
  type Signal,
  transition,
} from '../../../lambdas/core/circuit.ts';

const POLICY = { openForMs: 30_000 };
const LEASE_MS = 10_000;
const TRIP = { type: 'trip', source: 'alarm', reason: 'too many failures', atMs: 1000 } as const;

const signals: fc.Arbitrary<(nowMs: number) => Signal> = fc.oneof(
  fc
    .record({
      source: fc.constantFrom('outcomes' as const, 'alarm' as const, 'operator' as const),
      delayMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
    })
    .map(
      ({ source, delayMs }) =>
        (nowMs: number): Signal => ({ type: 'trip', source, reason: 'r', atMs: nowMs - delayMs }),
    ),
  fc
    .constantFrom<Signal>(
      { type: 'probe-started', leaseMs: LEASE_MS },
      { type: 'probe-succeeded' },
      { type: 'probe-failed', reason: 'the probe failed' },
    )
    .map((signal) => () => signal),
);
const history = fc.array(fc.record({ stepMs: fc.integer({ min: 0, max: 40_000 }), signalAt: signals }), {
  maxLength: 40,
});

function opened(): CircuitState {
  return transition(INITIAL_CIRCUIT, TRIP, 1000, POLICY);
}

function probing(): CircuitState {
  return transition(opened(), { type: 'probe-started', leaseMs: LEASE_MS }, 31_000, POLICY);
}

describe('whatever happens to a circuit', () => {
  /** Runs a history and shows each step to `check`. */
  function over(
    check: (step: { before: CircuitState; after: CircuitState; signal: Signal; nowMs: number }) => void,
  ): void {
    fc.assert(
      fc.property(history, (steps) => {
        let [circuit, nowMs] = [INITIAL_CIRCUIT, 1_000_000];
        for (const { stepMs, signalAt } of steps) {
          nowMs += stepMs;
          const signal = signalAt(nowMs);
          const after = transition(circuit, signal, nowMs, POLICY);
          check({ before: circuit, after, signal, nowMs });
          circuit = after;
        }
      }),
      { numRuns: 500 },
    );
  }

  it('its version grows by exactly one with each change and not at all without', () => {
    over(({ before, after }) => expect(after.version).toBe(after === before ? before.version : before.version + 1));
  });

  it('it closes by the success of a probe and by nothing else', () => {
    over(({ before, after, signal }) => {
      if (after.state === 'closed' && before.state !== 'closed') {
        expect([before.state, signal.type]).toEqual(['half-open', 'probe-succeeded']);
      }
    });
  });

  it('a probe starts only when the time to stay open, or the lease of the last one, is over', () => {
    over(({ before, after, nowMs }) => {
      if (after === before || after.state !== 'half-open') return;
      expect(before.state).not.toBe('closed');
      if (before.state === 'open') expect(nowMs).toBeGreaterThanOrEqual(before.retryAtMs);
      if (before.state === 'half-open') expect(nowMs).toBeGreaterThanOrEqual(before.probeLeaseUntilMs);
    });
  });

  it('what opened it is known until it closes', () => {
    over(({ before, after }) => {
      if (before.state === 'closed' || after.state === 'closed') return;
      expect([after.openedAtMs, after.source]).toEqual([before.openedAtMs, before.source]);
    });
  });

  it('no trip from before it closed opens it again', () => {
    over(({ before, after, signal }) => {
      if (signal.type !== 'trip' || before.state !== 'closed') return;
      expect(after.state).toBe(signal.atMs < before.closedAtMs ? 'closed' : 'open');
    });
  });

  it('it is never shut for good: once the wait that it names is over, a probe may go', () => {
    over(({ after, nowMs }) => {
      const laterMs = nowMs + retryAfterS(after, nowMs) * 1000;
      expect(admit(after, laterMs)).toBe(after.state === 'closed' ? 'pass' : 'probe');
    });
  });
});

describe('a closed circuit', () => {
  it('lets every request pass', () => {
    expect(admit(INITIAL_CIRCUIT, 0)).toBe('pass');
  });

  it('opens by a trip for the time of the policy', () => {
    expect(opened()).toEqual({
      state: 'open',
      version: 1,
      openedAtMs: 1000,
      retryAtMs: 31_000,
      source: 'alarm',
      reason: 'too many failures',
    });
  });

  it.each<Signal>([
    { type: 'probe-started', leaseMs: LEASE_MS },
    { type: 'probe-succeeded' },
    { type: 'probe-failed', reason: '' },
  ])('is not changed by %o', (signal) => {
    expect(transition(INITIAL_CIRCUIT, signal, 1000, POLICY)).toBe(INITIAL_CIRCUIT);
  });
});

describe('an open circuit', () => {
  it('rejects until its time is over and then asks for a probe', () => {
    expect(admit(opened(), 30_999)).toBe('reject');
    expect(admit(opened(), 31_000)).toBe('probe');
  });

  it('is not opened for longer by another trip', () => {
    const circuit = opened();
    expect(transition(circuit, { ...TRIP, atMs: 5000 }, 5000, POLICY)).toBe(circuit);
  });

  it('does not close by the late success of a probe that is no longer wanted', () => {
    const circuit = opened();
    expect(transition(circuit, { type: 'probe-succeeded' }, 40_000, POLICY)).toBe(circuit);
  });
});

describe('a half-open circuit', () => {
  it('rejects all but the one probe while its lease lasts', () => {
    const circuit = probing();
    expect(admit(circuit, 40_999)).toBe('reject');
    expect(transition(circuit, { type: 'probe-started', leaseMs: LEASE_MS }, 40_999, POLICY)).toBe(circuit);
  });

  it('gives the probe to another when its holder has not reported in time', () => {
    const circuit = transition(probing(), { type: 'probe-started', leaseMs: LEASE_MS }, 41_000, POLICY);
    expect(circuit).toMatchObject({ state: 'half-open', version: 3, probeLeaseUntilMs: 51_000 });
  });

  it('closes when the probe succeeds', () => {
    expect(transition(probing(), { type: 'probe-succeeded' }, 32_000, POLICY)).toEqual({
      state: 'closed',
      version: 3,
      closedAtMs: 32_000,
    });
  });

  it('opens again, with the new reason, when the probe fails', () => {
    expect(transition(probing(), { type: 'probe-failed', reason: 'the probe failed' }, 32_000, POLICY)).toEqual({
      state: 'open',
      version: 3,
      openedAtMs: 1000,
      retryAtMs: 62_000,
      source: 'alarm',
      reason: 'the probe failed',
    });
  });
});

describe('retryAfterS', () => {
  it.each([
    [opened(), 1000, 30],
    [opened(), 1001, 30],
    [opened(), 30_999, 1],
    [opened(), 99_000, 1],
    [probing(), 31_000, 10],
    [INITIAL_CIRCUIT, 5, 1],
  ])('of %o at %d is %d whole seconds', (circuit, nowMs, seconds) => {
    expect(retryAfterS(circuit, nowMs)).toBe(seconds);
  });
});
