import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CIRCUIT_STATES,
  type CircuitState,
  INITIAL_CIRCUIT,
} from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { type Signal, transition } from '../../../../lambdas/core/circuit/circuit.ts';
import {
  failed,
  forced,
  movedBy,
  OPENED,
  PROBING,
  RELEASED,
  started,
  succeeded,
  TIMING,
  tripped,
} from '../../../support/circuit/circuits.ts';

/** When what was opened may be tried, no lease has ended, and what was forced for a time is over. */
const NOW_MS = 35_000;

const STATES: Readonly<Record<CircuitState['state'], CircuitState>> = {
  closed: INITIAL_CIRCUIT,
  open: OPENED,
  'half-open': { ...PROBING, succeeded: TIMING.successes - 1 } as CircuitState,
  'forced-open': movedBy([1000, forced('forced-open')]),
  'forced-closed': movedBy([1000, forced('forced-closed')]),
};
/** As the columns of the page are named. */
const SIGNALS: Readonly<Record<string, Signal>> = {
  trip: tripped(NOW_MS, 'alarm'),
  'probe started': started('z'),
  'probe succeeded': succeeded('a'),
  'probe failed': failed('a'),
  'probe abandoned': { type: 'probe-abandoned', id: 'a' },
  'forced open': forced('forced-open'),
  'forced closed': forced('forced-closed'),
  released: RELEASED,
  'time is over': { type: 'time' },
};

/** The page's table, as rows of cells. */
function table(): readonly (readonly string[])[] {
  const page = readFileSync(new URL('../../../../docs/circuits.md', import.meta.url), 'utf8');
  const [, section = ''] = /<!-- A test holds .* -->(.*?)\n## /s.exec(page) ?? [];
  const lines = section.split('\n').filter((line) => line.startsWith('|') && !/^\|[- |]+$/.test(line));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** One whose forced time is over has become what the last column says. */
function stateFor(state: string, signal: string): CircuitState {
  const circuit = STATES[state as CircuitState['state']];
  return signal === 'time is over' && 'untilMs' in circuit ? { ...circuit, untilMs: NOW_MS } : circuit;
}

describe('the table of docs/circuits.md', () => {
  const [[, ...signals] = [], ...rows] = table();

  it('has every state and every signal', () => {
    expect(rows.map(([state]) => state)).toEqual(CIRCUIT_STATES);
    expect(signals).toEqual(Object.keys(SIGNALS));
  });

  it.each(rows.flatMap(([state = '', ...cells]) => cells.map((cell, index) => [state, signals[index] ?? '', cell])))(
    'says that %s, %s, becomes %s',
    (state = '', name = '', cell = '') => {
      const signal = SIGNALS[name] as Signal;
      const next = transition(stateFor(state, name), signal, { nowMs: NOW_MS, random: 0 }, TIMING);
      expect(next.state).toBe(cell.split(',')[0]);
    },
  );
});
