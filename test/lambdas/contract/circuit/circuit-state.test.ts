import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CircuitState,
  circuitState,
  INITIAL_CIRCUIT,
} from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { DecodeError, decodeJson } from '../../../../lambdas/contract/decode.ts';
import { circuitStates } from '../../../support/circuit/circuit-states.ts';
import { HELD, OPENED, PROBING, RECOVERED, SHUT } from '../../../support/circuit/circuits.ts';

const UNTOLD = { by: '', reason: '', figures: {}, atMs: 0, alarmAtMs: 0 };

describe('a circuit', () => {
  it('is read as it was written, in each of its states', () => {
    fc.assert(
      fc.property(circuitStates, (circuit) => {
        expect(decodeJson(circuitState, JSON.stringify(circuit), 'circuit')).toEqual(circuit);
      }),
    );
    for (const circuit of [INITIAL_CIRCUIT, OPENED, PROBING, RECOVERED, SHUT, HELD]) {
      expect(circuitState(circuit, 'circuit')).toEqual(circuit);
    }
  });

  it.each<[object, CircuitState]>([
    [
      { state: 'closed', version: 3, closedAtMs: 32_000 },
      { state: 'closed', version: 3, closedAtMs: 32_000, rampUntilMs: 0, reopenings: 0, source: 'time', ...UNTOLD },
    ],
    [
      { state: 'open', version: 1, openedAtMs: 1000, retryAtMs: 31_000, source: 'alarm', reason: 'too many failures' },
      {
        state: 'open',
        version: 1,
        openedAtMs: 1000,
        retryAtMs: 31_000,
        reopenings: 0,
        source: 'alarm',
        ...UNTOLD,
        reason: 'too many failures',
      },
    ],
    [
      // The one lease that there was is nobody's now, and its place is free.
      { state: 'half-open', version: 2, openedAtMs: 1000, probeLeaseUntilMs: 41_000, source: 'outcomes', reason: '' },
      {
        state: 'half-open',
        version: 2,
        openedAtMs: 1000,
        reopenings: 0,
        leases: {},
        succeeded: 0,
        source: 'outcomes',
        ...UNTOLD,
      },
    ],
  ])('of an earlier release is read with what it did not have: %j', (before, circuit) => {
    expect(circuitState(before, 'circuit')).toEqual(circuit);
  });

  it('is read without what else stands beside it', () => {
    expect(circuitState({ ...OPENED, leases: 7, note: ['x'], untilMs: 'tomorrow' }, 'circuit')).toEqual(OPENED);
  });

  it.each<[string, object, string]>([
    ['state', { state: 'OPEN' }, 'must be one of closed, open, half-open, forced-open, forced-closed, got "OPEN"'],
    ['version', { version: -1 }, 'must be at least 0, got -1'],
    ['version', { version: 1.5 }, 'must be an integer, got 1.5'],
    ['version', { version: 2 ** 53 }, 'must be an integer, got 9007199254740992'],
    ['retryAtMs', { retryAtMs: undefined }, 'must be an integer, got undefined'],
    ['retryAtMs', { retryAtMs: '2026-01-01' }, 'must be an integer, got "2026-01-01"'],
    ['source', { source: 'cat' }, 'must be one of outcomes, alarm, operator, time, got "cat"'],
    ['by', { by: null }, 'must be a string, got null'],
    ['figures', { figures: [1] }, 'must be an object, got an array'],
    ["figures['requests']", { figures: { requests: 'many' } }, 'must be a finite number, got "many"'],
    ['reopenings', { reopenings: 0.5 }, 'must be an integer, got 0.5'],
  ])('whose %s is nonsense is refused by name: %j', (path, changes, rule) => {
    const reading = () => circuitState({ ...OPENED, ...changes }, 'circuit');
    expect(reading).toThrow(DecodeError);
    expect(reading).toThrow(`circuit.${path} ${rule}`);
  });

  it('that is half-open needs an end for each lease', () => {
    expect(() => circuitState({ ...PROBING, leases: { a: 'soon' } }, 'circuit')).toThrow(
      `circuit.leases['a'] must be an integer, got "soon"`,
    );
  });

  it('is for any JSON a circuit or a DecodeError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => circuitState(value, 'circuit')).toThrow(DecodeError);
      }),
    );
  });
});
