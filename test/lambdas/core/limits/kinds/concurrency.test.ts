import { describe, expect, it } from 'vitest';
import { Leases } from '../../../../../lambdas/core/limits/kinds/concurrency.ts';

/** The requests that were let pass. */
function take(leases: Leases, limit: number, nowMs: number, ...requests: readonly string[]): string[] {
  return requests.filter((request) => {
    const { allowed } = leases.assess(nowMs, 1, limit);
    if (allowed) leases.charge(nowMs, 1, request);
    return allowed;
  });
}

describe('leases', () => {
  it('are given to as many requests at once as the limit says', () => {
    const leases = new Leases({ leaseMs: 1000 });
    expect(leases.assess(0, 1, 2)).toEqual({ allowed: true, remaining: 1, resetMs: 1000 });
    expect(take(leases, 2, 0, 'a', 'b', 'c')).toEqual(['a', 'b']);
    expect(leases.assess(0, 1, 2)).toEqual({ allowed: false, remaining: 0, resetMs: 1000 });
  });

  it('make room when they are given back, each once', () => {
    const leases = new Leases({ leaseMs: 1000 });
    take(leases, 2, 0, 'a', 'b');
    leases.release('a');
    leases.release('a');
    leases.release('never taken');
    expect(take(leases, 2, 1, 'c', 'd')).toEqual(['c']);
  });

  it('are counted against the limit of the moment, however many were given before', () => {
    const leases = new Leases({ leaseMs: 1000 });
    expect(take(leases, 3, 0, 'a', 'b', 'c')).toEqual(['a', 'b', 'c']);
    expect(leases.assess(1, 1, 2)).toMatchObject({ allowed: false, remaining: 0 });
    leases.release('a');
    expect(take(leases, 2, 1, 'd')).toEqual([]);
    leases.release('b');
    expect(take(leases, 2, 1, 'd')).toEqual(['d']);
  });

  it('end by themselves, and not a millisecond before', () => {
    const leases = new Leases({ leaseMs: 1000 });
    take(leases, 1, 0, 'a');
    expect(take(leases, 1, 999, 'b')).toEqual([]);
    expect(take(leases, 1, 1000, 'b')).toEqual(['b']);
  });

  it('are one for each request, whatever it costs', () => {
    const leases = new Leases({ leaseMs: 1000 });
    leases.charge(0, 50, 'a');
    expect(leases.assess(0, 1, 2)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('of a clock that has stepped back since do not hold anybody up until it has caught up', () => {
    const leases = new Leases({ leaseMs: 1000 });
    take(leases, 1, 1_000_000, 'a');
    expect(take(leases, 1, 500, 'b')).toEqual(['b']);
    expect(take(leases, 1, 501, 'c')).toEqual([]);
  });
});
