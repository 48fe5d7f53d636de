import { describe, expect, it } from 'vitest';
import { type CircuitState, INITIAL_CIRCUIT } from '../../../lambdas/contract/circuit-state.ts';
import {
  causeInWords,
  circuitInWords,
  figuresInWords,
  nextInWords,
  nextMs,
} from '../../../lambdas/core/circuit-words.ts';
import { forced, HELD, movedBy, OPENED, PROBING, RECOVERED, SHUT } from '../../support/circuits.ts';

/** Held open at 1 s until 61 s. */
const SHUT_FOR_A_TIME = movedBy([1000, forced('forced-open', 61_000)]);

// A circuit, the second it is looked at, how it stands, what it does next, and when.
const ROWS: readonly (readonly [CircuitState, number, string, string, number | undefined])[] = [
  [INITIAL_CIRCUIT, 1, 'closed, and never was anything else', '', undefined],
  [OPENED, 2, 'open since 1970-01-01T00:00:01Z', 'probes are sent at 31 s', 31_000],
  [OPENED, 31, 'open since 1970-01-01T00:00:01Z', 'the next request is a probe', undefined],
  [PROBING, 32, 'half-open, not closed since 1970-01-01T00:00:01Z', '0 probes succeeded, 1 under way', undefined],
  [PROBING, 41, 'half-open, not closed since 1970-01-01T00:00:01Z', '0 probes succeeded, 0 under way', undefined],
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
});

describe('a cause', () => {
  const cause = { source: 'operator', by: '', reason: '', figures: {} } as const;

  it('is who and why, as far as that is known', () => {
    expect(causeInWords({ ...cause, by: 'alice', reason: 'a migration' })).toBe('operator alice: a migration');
    expect(causeInWords({ ...cause, reason: 'a migration' })).toBe('operator: a migration');
    expect(causeInWords(cause)).toBe('operator');
  });

  it('is kept short, and shows what neither a terminal nor a browser should act on', () => {
    const wild = causeInWords({ ...cause, by: '\u202e'.repeat(400_000), reason: '💥'.repeat(400_000) });
    expect(wild).toBe(`operator ${'\\u{202e}'.repeat(127)}…: ${'💥'.repeat(255)}…`);
  });
});

describe('figures', () => {
  it('are told by name, to six digits', () => {
    expect(figuresInWords({ requests: 12, share: 1 / 3 })).toBe('requests 12, share 0.333333');
    expect(figuresInWords({})).toBe('');
  });

  it('are eight at most, with short names', () => {
    const many = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`${index}-${'x'.repeat(99)}\u0007`, index]),
    );
    const told = figuresInWords({ '\u0007': 1, ...many }).split(', ');
    expect(told).toHaveLength(8);
    expect(told).toContain('\\u{7} 1');
    expect(told).toContain(`0-${'x'.repeat(21)}… 0`);
  });
});
