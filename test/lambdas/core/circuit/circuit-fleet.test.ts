import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CIRCUIT_STATES,
  type CircuitState,
  INITIAL_CIRCUIT,
} from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { isForced, type Now, type Signal, transition } from '../../../../lambdas/core/circuit/circuit.ts';
import { actionFor } from '../../../../lambdas/core/circuit/circuit-action.ts';
import {
  failed,
  forced,
  LEASE_MS,
  RELEASED,
  started,
  succeeded,
  TIMING,
  tripped,
} from '../../../support/circuit/circuits.ts';

/** One write that the table took. */
interface Write {
  readonly before: CircuitState;
  readonly after: CircuitState;
  readonly signal: Signal;
  /** By the writer's clock. */
  readonly now: Now;
}

/** A process of the fleet: what it last knew of the circuit, its clock's error, and the probe that it holds. */
interface Process {
  known: CircuitState;
  readonly skewMs: number;
  probe: string | undefined;
  /** The last probe that it reported to be good. */
  reported: string | undefined;
}

type Deed =
  | {
      readonly does:
        | 'crash'
        | 'ask'
        | 'report-good'
        | 'report-bad'
        | 'report-again'
        | 'give-back'
        | 'expire'
        | 'release';
    }
  | { readonly does: 'trip'; readonly source: 'outcomes' | 'alarm'; readonly agoMs: number }
  | { readonly does: 'force'; readonly open: boolean; readonly forMs: number };
/** `isStale`: done on what the process knew before, without reading what stands. */
type Act = Deed & { readonly process: number; readonly isStale: boolean };
type Action =
  | { readonly does: 'wait'; readonly ms: number }
  | Act
  /** Two processes decide on what they know before either of them has written. */
  | { readonly does: 'race'; readonly acts: readonly [Act, Act] };

const PROCESSES = 4;
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ does: 'ask' }) },
  { weight: 8, arbitrary: fc.constant({ does: 'report-good' }) },
  { weight: 2, arbitrary: fc.constantFrom<Deed>({ does: 'report-bad' }, { does: 'give-back' }, { does: 'crash' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Deed>({ does: 'report-again' }, { does: 'expire' }, { does: 'release' }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('trip' as const),
      source: fc.constantFrom('outcomes' as const, 'alarm' as const),
      agoMs: fc.oneof(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: -60_000, max: 120_000 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('force' as const),
      open: fc.boolean(),
      forMs: fc.constantFrom(0, 1000, 40_000),
    }),
  },
);
const act: fc.Arbitrary<Act> = fc
  .tuple(deed, fc.nat(PROCESSES - 1), fc.nat(3))
  .map(([done, process, fresh]) => ({ ...done, process, isStale: fresh === 0 }));
const wait = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.integer({ min: 30_000, max: 32_000 }),
  fc.integer({ min: 0, max: 400_000 }),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: wait }) },
  { weight: 12, arbitrary: act },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('race' as const), acts: fc.tuple(act, act) }) },
);
const skewMs = fc.oneof(fc.constant(0), fc.integer({ min: -60_000, max: 60_000 }));
const skews = fc.array(skewMs, { minLength: PROCESSES, maxLength: PROCESSES });

/** A table with conditional writes, and processes that cache, race, crash and have clocks of their own. */
class Fleet {
  stored: CircuitState = INITIAL_CIRCUIT;
  readonly writes: Write[] = [];
  readonly #processes: readonly Process[];
  readonly #random: () => number;
  #nowMs = 1_000_000_000;
  #probes = 0;

  constructor(skewsMs: readonly number[], random: () => number) {
    this.#processes = skewsMs.map((skewMs) => ({
      known: INITIAL_CIRCUIT,
      skewMs,
      probe: undefined,
      reported: undefined,
    }));
    this.#random = random;
  }

  run(action: Action): void {
    if (action.does === 'wait') {
      this.#nowMs += action.ms;
      return;
    }
    const acts = action.does === 'race' ? action.acts : [action];
    for (const write of acts.map((one) => this.#decide(one))) write();
  }

  /** What a process does on what it knows now; the write comes when the returned function is called. */
  #decide(step: Act): () => void {
    const one = this.#whoDoes(step);
    if (!step.isStale) one.known = this.stored;
    const now: Now = { nowMs: this.#nowMs + one.skewMs, random: this.#random() };
    const apply = (signal: Signal) => {
      const from = one.known;
      const next = transition(from, signal, now, TIMING);
      return () => this.#write(one, { from, next }, signal, now);
    };
    switch (step.does) {
      case 'crash':
        one.probe = undefined;
        return () => {};
      case 'ask': {
        if (actionFor(one.known, now, TIMING) !== 'probe') return () => {};
        this.#probes += 1;
        const id = `p${this.#probes}`;
        const write = apply(started(id));
        return () => {
          write();
          if (this.stored.state === 'half-open' && Object.hasOwn(this.stored.leases, id)) one.probe = id;
        };
      }
      case 'report-good':
      case 'report-bad':
      case 'give-back': {
        const { probe } = one;
        if (probe === undefined) return () => {};
        one.probe = undefined;
        if (step.does === 'give-back') return apply({ type: 'probe-abandoned', id: probe });
        if (step.does === 'report-good') one.reported = probe;
        return apply(step.does === 'report-good' ? succeeded(probe) : failed(probe));
      }
      case 'report-again':
        return one.reported === undefined ? () => {} : apply(succeeded(one.reported));
      case 'trip':
        return apply({
          ...tripped(this.#nowMs - step.agoMs, step.source),
          // What was counted while the circuit had the version that the process knows.
          ...(step.source === 'outcomes' && { ofVersion: one.known.version }),
        } as Signal);
      case 'force':
        return apply(forced(step.open ? 'forced-open' : 'forced-closed', step.forMs && now.nowMs + step.forMs));
      case 'release':
        return apply(RELEASED);
      case 'expire':
        return apply({ type: 'time' });
    }
  }

  /** Reports come from those who have something to report. */
  #whoDoes({ does, process }: Act): Process {
    const holders = this.#processes.filter(({ probe }) => probe !== undefined);
    const able =
      ['report-good', 'report-bad', 'give-back'].includes(does) && holders.length > 0 ? holders : this.#processes;
    return able[process % able.length] as Process;
  }

  /** As `CircuitView` does: who lost a race applies the signal to what then stands. */
  #write(one: Process, wanted: { from: CircuitState; next: CircuitState }, signal: Signal, now: Now): void {
    let { from, next } = wanted;
    while (next !== from) {
      if (this.stored.version === from.version) {
        this.writes.push({ before: this.stored, after: next, signal, now });
        this.stored = next;
        one.known = next;
        return;
      }
      from = this.stored;
      one.known = from;
      next = transition(from, signal, now, TIMING);
    }
  }
}

function overFleets(check: (fleet: Fleet) => void): void {
  fc.assert(
    fc.property(
      skews,
      fc.array(action, { maxLength: 80, size: 'max' }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (skewsMs, steps, randoms) => {
        const fleet = new Fleet(skewsMs, () => randoms.next().value as number);
        for (const step of steps) fleet.run(step);
        check(fleet);
      },
    ),
    { numRuns: 1000 },
  );
}

function eachWrite(check: (write: Write, earlier: readonly Write[]) => void): void {
  overFleets(({ writes }) => {
    for (const [index, write] of writes.entries()) check(write, writes.slice(0, index));
  });
}

function live(circuit: CircuitState, nowMs: number): readonly string[] {
  if (circuit.state !== 'half-open') return [];
  return Object.entries(circuit.leases).flatMap(([id, untilMs]) => (nowMs < untilMs ? [id] : []));
}

function leasesOf(circuit: CircuitState): number {
  return circuit.state === 'half-open' ? Object.keys(circuit.leases).length : 0;
}

describe('whatever happens to the circuit of a fleet', () => {
  it('all of it happens: each change of the state, places that are all taken, leases that ended', () => {
    const seen = new Set<string>();
    eachWrite(({ before, after, signal, now }) => {
      seen.add(`${before.state} > ${after.state}`);
      if (live(after, now.nowMs).length === TIMING.probes) seen.add('full');
      if (
        signal.type === 'probe-started' &&
        before.state === 'half-open' &&
        leasesOf(before) > live(before, now.nowMs).length
      ) {
        seen.add('place of the dead');
      }
    });
    const changes = [
      'closed > open',
      'open > half-open',
      'half-open > open',
      'half-open > closed',
      'half-open > half-open',
    ];
    const forced = CIRCUIT_STATES.flatMap((state) => [`${state} > forced-open`, `${state} > forced-closed`]);
    const freed = ['forced-open > open', 'forced-closed > closed', 'forced-open > half-open', 'forced-closed > open'];
    expect(
      [...changes, ...forced, ...freed, 'full', 'place of the dead'].filter((wanted) => !seen.has(wanted)),
    ).toEqual([]);
  });

  it('its version grows by exactly one with each write', () => {
    eachWrite(({ before, after }) => expect(after.version).toBe(before.version + 1));
  });

  it('no probe has two leases, and never more are under way than there are places or than it takes to close', () => {
    eachWrite(({ before, after, signal, now }, earlier) => {
      if (signal.type !== 'probe-started' || after.state !== 'half-open') return;
      expect(earlier.filter((write) => write.signal.type === 'probe-started' && write.signal.id === signal.id)).toEqual(
        [],
      );
      const underWay = live(after, now.nowMs);
      expect(underWay).toContain(signal.id);
      expect(underWay.length).toBeLessThanOrEqual(TIMING.probes);
      expect(underWay.length + after.succeeded).toBeLessThanOrEqual(TIMING.successes);
      expect(after.leases[signal.id]).toBe(now.nowMs + LEASE_MS);
      if (before.state === 'open') expect(now.nowMs).toBeGreaterThanOrEqual(before.retryAtMs);
    });
  });

  it('it closes from half-open by as many distinct probes as the policy asks for, and by no fewer', () => {
    eachWrite(({ before, after }, earlier) => {
      if (before.state !== 'half-open' || after.state !== 'closed') return;
      const begun = earlier.findLastIndex((write) => write.before.state !== 'half-open');
      const good = earlier.slice(begun).flatMap(({ signal }) => (signal.type === 'probe-succeeded' ? signal.id : []));
      expect(new Set(good).size).toBe(TIMING.successes - 1);
    });
  });

  it('by itself it is open only after a trip or a failed probe, and closed only after probes', () => {
    eachWrite(({ before, after, signal }) => {
      if (isForced(before) || isForced(after) || before.state === after.state) return;
      const moves = { closed: ['probe-succeeded'], open: ['trip', 'probe-failed'], 'half-open': ['probe-started'] };
      expect(moves[after.state]).toContain(signal.type);
    });
  });

  it('what an operator forced stands until an operator ends it or its time is over', () => {
    eachWrite(({ before, signal, now }) => {
      if (!isForced(before)) return;
      const isOver = before.untilMs !== 0 && now.nowMs >= before.untilMs;
      expect(isOver || signal.type === 'force' || signal.type === 'release').toBe(true);
    });
  });

  it('no outcomes of before it opened last open it again', () => {
    eachWrite(({ before, signal }) => {
      if (signal.type === 'trip' && signal.source === 'outcomes') expect(signal.ofVersion).toBe(before.version);
    });
  });

  it('no alarm opens it twice', () => {
    eachWrite(({ signal }, earlier) => {
      if (signal.type !== 'trip' || signal.source !== 'alarm') return;
      const former = earlier.flatMap((write) =>
        write.signal.type === 'trip' && write.signal.source === 'alarm' ? write.signal.atMs : [],
      );
      expect(signal.atMs).toBeGreaterThan(Math.max(0, ...former));
    });
  });

  it('is never shut for good: once a wait and a lease are over, a request may try, unless an operator says no', () => {
    overFleets(({ stored }) => {
      const end = { nowMs: 1e13, random: 0.999 };
      const wanted = {
        closed: 'pass',
        open: 'probe',
        'half-open': 'probe',
        'forced-open': 'reject',
        'forced-closed': 'pass',
      };
      if (isForced(stored) && stored.untilMs > 0) expect(actionFor(stored, end, TIMING)).not.toBe('reject');
      else expect(actionFor(stored, end, TIMING)).toBe(wanted[stored.state]);
    });
  });

  it('opens again for no shorter than the policy says and no longer than its ceiling', () => {
    eachWrite(({ after, signal, now }) => {
      if (after.state !== 'open' || (signal.type !== 'trip' && signal.type !== 'probe-failed')) return;
      expect(after.retryAtMs - now.nowMs).toBeGreaterThanOrEqual(TIMING.openForMs);
      expect(after.retryAtMs - now.nowMs).toBeLessThanOrEqual(TIMING.maxOpenForMs);
    });
  });
});
