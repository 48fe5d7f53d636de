import { describe, expect, it } from 'vitest';
import { DEFAULT_IDENTITY_HEADERS } from '../../../lambdas/contract/auth/identity-headers.ts';
import { isUntrusted, REBUILT_HEADERS, UNTRUSTED_HEADERS } from '../../../lambdas/contract/untrusted-headers.ts';

const NAMES = UNTRUSTED_HEADERS.flatMap(({ names }) => names);

describe('the list of untrusted headers', () => {
  it('has each name once, in the form in which names are compared, with a reason', () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
    for (const { reason, names } of UNTRUSTED_HEADERS) {
      expect(reason).toMatch(/^[A-Z].{30,120}\.$/);
      for (const name of names) expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*(?:-?\*)?$/);
      expect(names).toEqual(names.toSorted());
    }
  });

  it('knows whatever begins as it says, and of the others the whole name only', () => {
    for (const name of NAMES) {
      expect(isUntrusted(name.replace('*', '')), name).toBe(true);
      expect(isUntrusted(name.replace('*', 'anything')), name).toBe(true);
      expect(isUntrusted(`a-${name.replace('*', '')}`), name).toBe(false);
    }
    expect(isUntrusted('proxy-anything')).toBe(false);
    expect(isUntrusted('x-real-ip-anything')).toBe(false);
  });

  it('has what the gateway writes anew, and no name by which it tells who calls', () => {
    for (const name of REBUILT_HEADERS) expect(isUntrusted(name)).toBe(true);
    for (const name of Object.keys(DEFAULT_IDENTITY_HEADERS)) expect(isUntrusted(name)).toBe(false);
    for (const name of ['x-request-id', 'x-request-deadline-ms', 'traceparent', 'x-amzn-trace-id', 'authorization']) {
      expect(isUntrusted(name)).toBe(false);
    }
  });
});
