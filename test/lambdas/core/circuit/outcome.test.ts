import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CircuitPolicy } from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import {
  type AttemptResult,
  isFailure,
  NO_OUTCOMES,
  type OutcomeCounts,
  outcomeOf,
  periodOf,
  sumOf,
} from '../../../../lambdas/core/circuit/outcome.ts';
import { outcomeCounts } from '../../../support/circuit/outcomes.ts';
import { circuitPolicy } from '../../../support/policy.ts';

const SLOW_POLICY = { overMs: 1000, share: 0.5 };

describe('where nobody says what a failure is', () => {
  it.each<[AttemptResult, boolean]>([
    [{ status: 200 }, false],
    [{ status: 302 }, false],
    // A client's own error says nothing of the upstream.
    [{ status: 400 }, false],
    [{ status: 404 }, false],
    [{ status: 429 }, false],
    [{ status: 499 }, false],
    [{ status: 500 }, true],
    // The method is the client's choice (RFC 9110 §15.6.2).
    [{ status: 501 }, false],
    [{ status: 502 }, true],
    [{ status: 599 }, true],
    [{ error: 'timeout' }, true],
    [{ error: 'unreachable' }, true],
    [{ error: 'too_large' }, false],
    [{ error: 'unsent' }, false],
    [{ error: 'event_stream' }, false],
  ])('%j is one: %j', (result, expected) => {
    expect(isFailure(result, null)).toBe(expected);
    expect(isFailure(result, circuitPolicy())).toBe(expected);
  });
});

describe('a circuit that says what a failure is', () => {
  it.each<[Partial<CircuitPolicy>, AttemptResult, boolean]>([
    [{ failureStatuses: [502, 503] }, { status: 503 }, true],
    [{ failureStatuses: [502, 503] }, { status: 500 }, false],
    [{ failureStatuses: [] }, { status: 500 }, false],
    [{ failureStatuses: [501] }, { status: 501 }, true],
    [{ failureStatuses: [] }, { error: 'timeout' }, true],
    [{ failOnTimeout: false }, { error: 'timeout' }, false],
    [{ failOnTimeout: false }, { error: 'unreachable' }, true],
    [{ failOnReset: false }, { error: 'unreachable' }, false],
    [{ failOnReset: false }, { error: 'timeout' }, true],
    [{ failOnTimeout: false, failOnReset: false }, { status: 500 }, true],
  ])('by %j takes %j for one: %j', (changes, result, expected) => {
    expect(isFailure(result, circuitPolicy(changes))).toBe(expected);
  });
});

describe('one attempt', () => {
  it.each<[string, AttemptResult, number, OutcomeCounts]>([
    ['in time', { status: 200 }, 999, { total: 1, failures: 0, slow: 0 }],
    ['that took as long as a slow one', { status: 200 }, 1000, { total: 1, failures: 0, slow: 1 }],
    ['that was both slow and failed', { status: 503 }, 1200, { total: 1, failures: 1, slow: 1 }],
    ['that missed its deadline', { error: 'timeout' }, 2000, { total: 1, failures: 1, slow: 1 }],
    // What the client has to answer for can be slow all the same.
    ['that was slow to be refused', { status: 404 }, 1500, { total: 1, failures: 0, slow: 1 }],
  ])('%s is counted as what it is', (_, result, ms, counts) => {
    expect(outcomeOf(result, ms, circuitPolicy({ slow: SLOW_POLICY }))).toEqual(counts);
  });

  it.each<AttemptResult>([{ error: 'unsent' }, { error: 'event_stream' }])(
    'that only a client brought about counts for nothing: %j',
    (result) => {
      expect(outcomeOf(result, 29_000, circuitPolicy({ slow: SLOW_POLICY }))).toEqual(NO_OUTCOMES);
    },
  );

  it('is never slow where a service says nothing of slow ones', () => {
    expect(outcomeOf({ status: 200 }, 29_000, circuitPolicy())).toEqual({ total: 1, failures: 0, slow: 0 });
  });
});

describe('counts', () => {
  it('add up, and nothing adds nothing', () => {
    fc.assert(
      fc.property(outcomeCounts, outcomeCounts, (one, other) => {
        expect(sumOf(one, other)).toEqual({
          total: one.total + other.total,
          failures: one.failures + other.failures,
          slow: one.slow + other.slow,
        });
        expect(sumOf(one, NO_OUTCOMES)).toEqual(one);
      }),
    );
  });
});

it('a period has the name of its gateway, its service and the version under which the circuit closed', () => {
  expect(periodOf({ gateway: 'shop', service: 'orders' }, 7)).toBe('shop/orders/7');
});
