import { describe, expect, it } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import {
  circuitInWords,
  nextInWords,
  nextMs,
  outageMs,
  shadowInWords,
  sinceMs,
} from '../../../../lambdas/core/circuit/circuit-words.ts';
import {
  failed,
  forced,
  HELD,
  movedBy,
  OPENED,
  PROBING,
  RECOVERED,
  SHUT,
  started,
  tripped,
} from '../../../support/circuit/circuits.ts';

/** Held open at 1 s until 61 s. */
const SHUT_FOR_A_TIME = movedBy([1000, forced('forced-open', 61_000)]);

// A circuit, the second it is looked at, how it stands, what it does next, and when.
const ROWS: readonly (readonly [CircuitState, number, string, string, number | undefined])[] = [
  [INITIAL_CIRCUIT, 1, 'closed, and never was anything else', '', undefined],
  [OPENED, 2, 'open since 1970-01-01T00:00:01Z', 'probes are sent at 31 s', 31_000],
  [OPENED, 31, 'open since 1970-01-01T00:00:01Z', 'the next request is a probe', undefined],
  [PROBING, 32, 'half-open since 1970-01-01T00:00:31Z', '0 probes succeeded, 1 under way', undefined],
  [PROBING, 41, 'half-open since 1970-01-01T00:00:31Z', '0 probes succeeded, 0 under way', undefined],
  [RECOVERED, 33, 'closed since 1970-01-01T00:00:32Z', 'all requests pass again at 37 s', 37_000],
  [RECOVERED, 37, 'closed since 1970-01-01T00:00:32Z', '', undefined],
  [SHUT, 2, 'held open by hand since 1970-01-01T00:00:01Z', 'it moves by itself again after a click', undefined],
  [HELD, 2, 'held closed by hand since 1970-01-01T00:00:01Z', 'it moves by itself again after a click', undefined],
  [SHUT_FOR_A_TIME, 2, 'held open by hand since 1970-01-01T00:00:01Z', 'it moves by itself again at 61 s', 61_000],
];

describe('a circuit', () => {
  it.each(ROWS)(
    '$state is told with what it does next and when, at second %i: %s: %s',
    (circuit, atS, stands, next, ms) => {
      const nowMs = 1000 * atS;
      expect(nextInWords(circuit, nowMs, 'a click', (atMs) => `at ${atMs / 1000} s`)).toBe(next);
      expect(nextMs(circuit, nowMs)).toBe(ms);
      const inIso = next.replace(
        /at (\d+) s$/,
        (_, s) => `from ${new Date(1000 * s).toISOString().replace('.000', '')} on`,
      );
      expect(circuitInWords(circuit, nowMs, 'a click')).toBe(next === '' ? stands : `${stands}: ${inIso}`);
    },
  );

  it('with one good probe is told in the singular', () => {
    const circuit = { ...PROBING, succeeded: 1 } as CircuitState;
    expect(nextInWords(circuit, 32_000, 'a click', String)).toBe('1 probe succeeded, 1 under way');
  });

  it('that somebody left without a time is told without one', () => {
    expect(circuitInWords({ ...OPENED, atMs: 0 }, 31_000, 'a click')).toBe('open: the next request is a probe');
  });

  it('came to its state later than its outage began once probes were sent', () => {
    const reopened = movedBy([1000, tripped(1000)], [31_000, started('a')], [32_000, failed('a')]);
    const circuits = [INITIAL_CIRCUIT, OPENED, PROBING, reopened, RECOVERED, SHUT, HELD];
    expect(circuits.map(sinceMs)).toEqual([undefined, 1000, 31_000, 32_000, 32_000, 1000, 1000]);
    expect(circuits.map(outageMs)).toEqual([undefined, undefined, 1000, 1000, undefined, undefined, undefined]);
  });

  it('in shadow mode rejects nothing but what an operator says', () => {
    const byItself = 'in shadow mode: rejects nothing by itself';
    expect([null, INITIAL_CIRCUIT, OPENED, PROBING, HELD].map(shadowInWords)).toEqual(Array(5).fill(byItself));
    expect(shadowInWords(SHUT)).toBe(`${byItself}, but all requests while it is held open by hand`);
  });
});
