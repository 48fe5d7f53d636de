import { describe, expect, it } from 'vitest';
import { inheritedLimits } from '../../../../lambdas/contract/limits/inherited-limits.ts';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';

const CLIENT = windowLimit(100, 60_000);
const BUCKET = bucketLimit(1, 10);
const IP = windowLimit(100, 60_000, { by: 'ip', name: 'ip' });
const AT_ONCE = concurrencyLimit(5);
const TOTAL = windowLimit(1000, 60_000, { by: 'total', name: 'service' });
const SERVICE = [CLIENT, BUCKET, IP, AT_ONCE, TOTAL];

function shadowed<Limit extends LimitPolicy>(limit: Limit): Limit {
  return { ...limit, shadow: true };
}

describe('what a route inherits of its service', () => {
  it.each<[string, readonly LimitPolicy[] | null, readonly LimitPolicy[]]>([
    ['all, where it says nothing', null, SERVICE],
    ['none, where it was given none', [], []],
    ['all that counts by something else than a window of its own', [windowLimit(5, 1000)], [IP, AT_ONCE, TOTAL]],
    ['all that counts by something else than a bucket of its own', [bucketLimit(1, 1)], [IP, AT_ONCE, TOTAL]],
    ['all rates beside a bound of concurrency of its own', [concurrencyLimit(1)], [CLIENT, BUCKET, IP, TOTAL]],
    ['all beside a total of its own', [windowLimit(5, 1000, { by: 'total' })], SERVICE],
    ['all beside those that it tries in shadow mode', SERVICE.map(shadowed), SERVICE],
  ])('is %s', (_, own, inherited) => {
    expect(inheritedLimits(SERVICE, own)).toEqual(inherited);
  });

  it('is no shadow that one of its own replaces', () => {
    const trials = [shadowed(CLIENT), shadowed(IP)];
    expect(inheritedLimits(trials, [windowLimit(5, 1000)])).toEqual([shadowed(IP)]);
    expect(inheritedLimits(trials, [shadowed(windowLimit(5, 1000))])).toEqual(trials);
  });
});
