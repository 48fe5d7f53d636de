import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIdempotent, leavesTime, retryPauseMs } from '../../../../lambdas/core/circuit/retry.ts';

describe('a method', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])('%s may be sent twice', (method) => {
    expect(isIdempotent(method)).toBe(true);
  });

  it.each(['POST', 'PATCH', 'CONNECT', 'PROPFIND', 'get', ''])(
    '%j may not: nobody knows what twice means',
    (method) => {
      expect(isIdempotent(method)).toBe(false);
    },
  );
});

describe('the pause before a retry', () => {
  it.each([
    [0, 25],
    [1, 50],
    [2, 100],
  ])('number %d is anything up to %d ms', (retries, boundMs) => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        expect(retryPauseMs(retries, random)).toBe(random * boundMs);
      }),
    );
  });
});

describe('a retry is of use', () => {
  it.each([
    [51, 0, true],
    [50, 0, false],
    [75, 25, false],
    [75.1, 25, true],
    [0, 0, false],
    [-1, 0, false],
  ])('with %d ms left and a pause of %d ms: %j', (leftMs, pauseMs, expected) => {
    expect(leavesTime(leftMs, pauseMs)).toBe(expected);
  });
});
