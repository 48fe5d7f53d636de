import { describe, expect, it } from 'vitest';
import { describeCircuit } from '../../bin/ops/output/describe-circuit.ts';
import { circuitTable, historyTable } from '../../bin/ops/output/print-circuits.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../../lambdas/contract/circuit/circuit-state.ts';
import type { CircuitFacts, CircuitResult } from '../../lambdas/contract/operations/circuit-operations.ts';

/** Columns of a terminal. */
const WIDTH = 100;
const NOON_MS = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const alarm = {
  source: 'alarm',
  by: 'Tollgate-dev-Gateway-payments-failures',
  reason: '75 % of requests failed within 10 s',
  figures: { failurePercent: 75 },
} as const;
const environment = {
  source: 'outcomes',
  by: '2026/11/24/[$LATEST]0123456789abcdef',
  reason: '3 of 3 probes succeeded',
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
  atMs: NOON_MS - 1000,
  ...environment,
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
      factsOf('search', { ...HELD, state: 'forced-closed', untilMs: NOON_MS + MINUTE_MS, by: '' }),
      factsOf('users', HELD),
      factsOf('cart', HALF_OPEN),
      factsOf('ramp', RAMPING),
      { service: 'spoilt', circuit: null, fault: 'circuit.state must be one of closed, open', shadow: false },
    ];
    expect(circuitTable(circuits, NOON_MS, WIDTH).split('\n')).toEqual([
      'SERVICE   STATE             SINCE                 UNTIL                 WHO       WHY',
      'orders    closed            -                     -                     -',
      'payments  open              2026-11-24T12:00:00Z  2026-11-24T12:01:00Z  alarm     75 % of requests …',
      'search    forced-closed     2026-11-24T12:00:00Z  2026-11-24T12:01:00Z  operator  the provider moves',
      'users     forced-open       2026-11-24T12:00:00Z  no end                alice     the provider moves',
      'cart      half-open         2026-11-24T12:00:00Z  -                     alarm     75 % of requests …',
      'ramp      closed (ramp-up)  2026-11-24T11:59:59Z  2026-11-24T12:00:04Z  outcomes  3 of 3 probes suc…',
      'spoilt    unreadable        -                     -                     -         circuit.state mus…',
      '(ramp-up): lets a growing share of the requests pass until then',
    ]);
  });

  it('marks those that reject nothing by themselves, and says so', () => {
    const circuits = [OPEN, RAMPING, HELD].map((circuit) => ({ ...factsOf('users', circuit), shadow: true }));
    const [, ...lines] = circuitTable(circuits, NOON_MS + MINUTE_MS, undefined).split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^users +open \(shadow\) .* the next request /),
      expect.stringMatching(/^users +closed \(shadow\) /),
      expect.stringMatching(/^users +forced-open +2026/),
      '(shadow): in shadow mode: rejects nothing by itself',
    ]);
  });

  it('is as wide as what it tells where it is no terminal, and where the terminal has room', () => {
    const reason = 'because '.repeat(32).trim();
    const circuits = [factsOf('s'.repeat(31), { ...HELD, by: 'b'.repeat(64), reason })];
    const whole = circuitTable(circuits, NOON_MS, undefined);
    expect(whole).toContain(
      `${'s'.repeat(31)}  forced-open  2026-11-24T12:00:00Z  no end  ${'b'.repeat(64)}  ${reason}`,
    );
    expect(circuitTable(circuits, NOON_MS, 1000)).toBe(whole);
    const rowIn = (width: number) => circuitTable(circuits, NOON_MS, width).split('\n')[1] ?? '';
    expect(rowIn(200)).toMatch(/^s{15}… {2}forced-open .* b{7}… {2}because .*…$/);
    expect(rowIn(200)).toHaveLength(200);
    // A narrow terminal gets as much of the reason as is useful.
    expect(rowIn(40)).toMatch(/ b{7}… {2}because…$/);
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
    for (const line of circuitTable(circuits, NOON_MS, WIDTH).split('\n')) {
      expect([...line].length).toBeLessThanOrEqual(100);
      expect(line).toMatch(/^(?:[^\p{C}\p{Z}]| )*$/u);
    }
  });
});

describe('the history', () => {
  it('has a row for each transition, the newest first', () => {
    const history = [{ ...HELD, atMs: NOON_MS + MINUTE_MS }, OPEN];
    expect(historyTable(history, WIDTH).split('\n')).toEqual([
      'WHEN                  STATE        WHO    WHY',
      '2026-11-24T12:01:00Z  forced-open  alice  the provider moves',
      '2026-11-24T12:00:00Z  open         alarm  75 % of requests failed within 10 s',
    ]);
  });
});

describe('a circuit', () => {
  function told(
    circuit: CircuitState | null,
    action: 'get-circuit' | 'open-circuit' = 'open-circuit',
    changes: Partial<CircuitResult> = {},
  ): string {
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
    return describeCircuit({ action }, { ...result, ...changes }, WIDTH);
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
      '  75 % failed',
      '',
      'it has no history',
    ]);
    expect(told(INITIAL_CIRCUIT, 'get-circuit')).toBe(
      'payments is closed, and never was anything else\n\nit has no history',
    );
  });

  it('that instances opened is shown with the one that saw it, and an outage with its beginning', () => {
    const reopened = { ...OPEN, ...environment, atMs: NOON_MS + 1000, figures: { calls: 4, failures: 3 } };
    expect(told(reopened, 'get-circuit').split('\n').slice(0, 5)).toEqual([
      'payments is open since 2026-11-24T12:00:01Z: probes are sent from 2026-11-24T12:01:00Z on',
      '  by outcomes: 3 of 3 probes succeeded',
      '  4 calls, 3 failed',
      '  seen by the instance with the log stream 2026/11/24/[$LATEST]0123456789abcdef',
      '  outage since 2026-11-24T12:00:00Z',
    ]);
  });

  it('in shadow mode is told to be in it, after whatever was done to it', () => {
    for (const action of ['get-circuit', 'open-circuit'] as const) {
      expect(told(OPEN, action, { shadow: true })).toContain('\n  in shadow mode: rejects nothing by itself');
    }
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
