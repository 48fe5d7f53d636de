import { describe, expect, it } from 'vitest';
import type { Cause, CircuitState } from '../../../../lambdas/contract/circuit/circuit-state.ts';
import { causeInWords, figuresInWords, seenInWords } from '../../../../lambdas/core/circuit/cause-words.ts';
import {
  failed,
  movedBy,
  OPENED,
  PROBING,
  RECOVERED,
  SHUT,
  started,
  tripped,
} from '../../../support/circuit/circuits.ts';

describe('a cause', () => {
  const cause: Cause = { source: 'operator', by: '', reason: '', figures: {} };

  it('is who and why, as far as that is known', () => {
    expect(causeInWords({ ...cause, by: 'alice', reason: 'a migration' })).toBe('operator alice: a migration');
    expect(causeInWords({ ...cause, reason: 'a migration' })).toBe('operator: a migration');
    expect(causeInWords(cause)).toBe('operator');
  });

  it('of an instance tells apart what it saw from who saw it', () => {
    expect([OPENED, PROBING].map(causeInWords)).toEqual([
      'outcomes: too many failures',
      'time: the time to stay open is over',
    ]);
    expect(new Set([OPENED, PROBING, RECOVERED].map(seenInWords))).toEqual(
      new Set(['seen by the instance with the log stream somebody']),
    );
  });

  it('of somebody else, or of nobody, was seen by no instance', () => {
    const alarm = movedBy([1000, tripped(1000, 'alarm')]);
    expect([SHUT, alarm, { ...OPENED, by: '' }].map(seenInWords)).toEqual(['', '', '']);
    expect(causeInWords(alarm)).toBe('alarm somebody: too many failures');
  });

  it('is kept short, and shows what neither a terminal nor a browser should act on', () => {
    const by = '\u202e'.repeat(400_000);
    const wild = causeInWords({ ...cause, by, reason: '💥'.repeat(400_000) });
    expect(wild).toBe(`operator ${'\\u{202e}'.repeat(127)}…: ${'💥'.repeat(255)}…`);
    const stream = `${'\\u{202e}'.repeat(127)}…`;
    expect(seenInWords({ ...cause, source: 'time', by })).toBe(`seen by the instance with the log stream ${stream}`);
  });
});

describe('figures', () => {
  it.each([
    [{ calls: 12, failures: 7 }, '12 calls, 7 failed'],
    [{ calls: 1, slow: 1 }, '1 call, 1 slow'],
    [{ failurePercent: 62.5 }, '62.5 % failed'],
    [{ throttledPercent: 40 }, '40 % throttled'],
    [{ latencyMs: 2210 }, 'latency 2210 ms'],
    [{ succeeded: 3, openMs: 37_701 }, '3 probes succeeded, outage of 38 s'],
    [{ succeeded: 1, reopenings: 1 }, '1 probe succeeded, opened again 1 time'],
    [{ requests: 12, share: 1 / 3, constructor: 1 }, 'requests 12, share 0.333333, constructor 1'],
    [{}, ''],
  ])('%j are told in words, and others by name, to six digits', (figures, words) => {
    expect(figuresInWords(figures)).toBe(words);
  });

  it('of each transition are told in words', () => {
    const reopened = movedBy([1000, tripped(1000)], [31_000, started('a')], [32_000, failed('a')]);
    const told = (circuit: CircuitState) => figuresInWords(circuit.figures);
    expect([OPENED, RECOVERED, reopened].map(told)).toEqual([
      '5 failed',
      '3 probes succeeded, outage of 31 s',
      '0 probes succeeded, opened again 1 time',
    ]);
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
