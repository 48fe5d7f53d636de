import { describe, expect, it } from 'vitest';
import { Leases } from '../../../lambdas/core/leases.ts';

/** The requests that were let pass. */
function take(leases: Leases, nowMs: number, ...requests: readonly string[]): string[] {
  return requests.filter((request) => {
    const { allowed } = leases.assess(nowMs);
    if (allowed) leases.charge(nowMs, 1, request);
    return allowed;
  });
}

describe('leases', () => {
  it('are given to as many requests at once as the limit says', () => {
    const leases = new Leases({ limit: 2, leaseMs: 1000 });
    expect(leases.assess(0)).toEqual({ allowed: true, remaining: 1, resetMs: 1000 });
    expect(take(leases, 0, 'a', 'b', 'c')).toEqual(['a', 'b']);
    expect(leases.assess(0)).toEqual({ allowed: false, remaining: 0, resetMs: 1000 });
  });

  it('make room when they are given back, each once', () => {
    const leases = new Leases({ limit: 2, leaseMs: 1000 });
    take(leases, 0, 'a', 'b');
    leases.release('a');
    leases.release('a');
    leases.release('never taken');
    expect(take(leases, 1, 'c', 'd')).toEqual(['c']);
  });

  it('end by themselves, and not a millisecond before', () => {
    const leases = new Leases({ limit: 1, leaseMs: 1000 });
    take(leases, 0, 'a');
    expect(take(leases, 999, 'b')).toEqual([]);
    expect(take(leases, 1000, 'b')).toEqual(['b']);
  });

  it('are one for each request, whatever it costs', () => {
    const leases = new Leases({ limit: 2, leaseMs: 1000 });
    leases.charge(0, 50, 'a');
    expect(leases.assess(0)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('of a clock that has stepped back since do not hold anybody up until it has caught up', () => {
    const leases = new Leases({ limit: 1, leaseMs: 1000 });
    take(leases, 1_000_000, 'a');
    expect(take(leases, 500, 'b')).toEqual(['b']);
    expect(take(leases, 501, 'c')).toEqual([]);
  });
});
