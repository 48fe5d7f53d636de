import { describe, expect, it } from 'vitest';
import { circuitTable, historyTable } from '../../bin/ops/circuit-table.ts';
import { describeCircuit } from '../../bin/ops/describe-circuit.ts';
import type { CircuitFacts, CircuitResult } from '../../lambdas/contract/circuit-operations.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../lambdas/contract/circuit-state.ts';

const NOON_MS = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const alarm = {
  source: 'alarm',
  by: 'Tollgate-dev-Gateway-payments-failures',
  reason: '75 % of requests failed within 10 s',
  figures: { failurePercent: 75 },
} as const;
const alice = { source: 'operator', by: 'alice', reason: 'the provider moves', figures: {} } as const;
const moved = { version: 3, atMs: NOON_MS, alarmAtMs: 0 };

const OPEN: CircuitState = {
  state: 'open',
  openedAtMs: NOON_MS,
  retryAtMs: NOON_MS + MINUTE_MS,
  reopenings: 0,
  ...moved,
  ...alarm,
};
const HALF_OPEN: CircuitState = {
  state: 'half-open',
  openedAtMs: NOON_MS,
  reopenings: 0,
  leases: { a: NOON_MS + 1, b: NOON_MS },
  succeeded: 2,
  ...moved,
  ...alarm,
};
const HELD: CircuitState = { state: 'forced-open', sinceMs: NOON_MS, untilMs: 0, ...moved, ...alice };
const RAMPING: CircuitState = {
  state: 'closed',
  closedAtMs: NOON_MS - 1000,
  rampUntilMs: NOON_MS + 4000,
  reopenings: 0,
  ...moved,
  source: 'outcomes',
  by: '2026/11/24/[$LATEST]0123456789abcdef',
  reason: '3 of 3 probes succeeded',
  figures: {},
};

function factsOf(service: string, circuit: CircuitState): CircuitFacts {
  return { service, circuit, fault: null, shadow: false };
}

describe('the table of circuits', () => {
  it('has a row for each, with times in ISO', () => {
    const circuits = [
      factsOf('orders', INITIAL_CIRCUIT),
      factsOf('payments', OPEN),
      factsOf('users', HELD),
      factsOf('search', { ...HELD, state: 'forced-closed', untilMs: NOON_MS + MINUTE_MS, by: '' }),
      factsOf('cart', HALF_OPEN),
      factsOf('ramp', RAMPING),
      { service: 'spoilt', circuit: null, fault: 'circuit.state must be one of closed, open', shadow: false },
    ];
    expect(circuitTable(circuits, NOON_MS).split('\n')).toEqual([
      'SERVICE   STATE          SINCE                 UNTIL                 WHO       WHY',
      'orders    closed         -                     -                     -',
      'payments  open           2026-11-24T12:00:00Z  2026-11-24T12:01:00Z  alarm     75 % of requests fai…',
      'users     forced-open    2026-11-24T12:00:00Z  -                     alice     the provider moves',
      'search    forced-closed  2026-11-24T12:00:00Z  2026-11-24T12:01:00Z  operator  the provider moves',
      'cart      half-open      2026-11-24T12:00:00Z  -                     alarm     75 % of requests fai…',
      'ramp      closed         2026-11-24T11:59:59Z  2026-11-24T12:00:04Z  outcomes  3 of 3 probes succee…',
      'spoilt    unreadable     -                     -                     -         circuit.state must b…',
    ]);
  });

  it('fits a hundred columns whatever names, times and reasons are, and shows nothing that a terminal would act on', () => {
    const wild = { by: '\u202e'.repeat(64), reason: 'because\u2028 '.repeat(32) };
    const circuits = [
      factsOf('s'.repeat(31), {
        ...HELD,
        state: 'forced-closed',
        sinceMs: Number.MIN_SAFE_INTEGER,
        untilMs: 1e15,
        ...wild,
      }),
      { service: 't', circuit: null, fault: '\u009b2J'.repeat(99), shadow: false },
    ];
    for (const line of circuitTable(circuits, NOON_MS).split('\n')) {
      expect([...line].length).toBeLessThanOrEqual(100);
      expect(line).toMatch(/^(?:[^\p{C}\p{Z}]| )*$/u);
    }
  });
});

describe('the history', () => {
  it('has a row for each transition, the newest first', () => {
    const history = [{ ...HELD, atMs: NOON_MS + MINUTE_MS }, OPEN];
    expect(historyTable(history).split('\n')).toEqual([
      'WHEN                  STATE        WHO    WHY',
      '2026-11-24T12:01:00Z  forced-open  alice  the provider moves',
      '2026-11-24T12:00:00Z  open         alarm  75 % of requests failed within 10 s',
    ]);
  });
});

describe('a circuit', () => {
  function told(circuit: CircuitState | null, action: 'get-circuit' | 'open-circuit' = 'open-circuit'): string {
    const result: CircuitResult = {
      ok: true,
      service: 'payments',
      circuit,
      fault: circuit === null ? 'circuit.state must be one of closed' : null,
      shadow: false,
      history: [],
      changed: true,
      note: null,
      nowMs: NOON_MS,
    };
    return describeCircuit({ action }, result);
  }

  it('is told in a line, with the command that hands it back', () => {
    expect(told(HELD)).toBe(
      'payments is held open by hand since 2026-11-24T12:00:00Z: it moves by itself again after circuit auto payments',
    );
  });

  it('is shown with who moved it, why, what was counted and its history', () => {
    expect(told(OPEN, 'get-circuit').split('\n')).toEqual([
      'payments is open since 2026-11-24T12:00:00Z: probes are sent from 2026-11-24T12:01:00Z on',
      '  by alarm Tollgate-dev-Gateway-payments-failures: 75 % of requests failed within 10 s',
      '  failurePercent 75',
      '',
      'it has no history',
    ]);
    expect(told(INITIAL_CIRCUIT, 'get-circuit')).toBe(
      'payments is closed, and never was anything else\n\nit has no history',
    );
  });

  it('that cannot be read is shown with its fault and the fix', () => {
    expect(told(null, 'get-circuit')).toBe(
      'payments is unreadable: circuit.state must be one of closed: circuit open, close or auto payments repairs it\n\nit has no history',
    );
  });

  it('is shown without what a terminal would act on', () => {
    const wild = { by: '\u009b2J', reason: 'a\nb\u202e', figures: { '\u0007': 1 } };
    for (const line of told({ ...OPEN, ...wild }, 'get-circuit').split('\n')) {
      expect(line).toMatch(/^(?:[^\p{C}\p{Z}]| )*$/u);
    }
    expect(told({ ...OPEN, ...wild }, 'get-circuit')).toContain('by alarm \\u{9b}2J: a\\u{a}b\\u{202e}\n  \\u{7} 1\n');
  });
});
