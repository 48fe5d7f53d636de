import fc from 'fast-check';
import { type InnerList, type Item, parseList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import type { LimitPolicy } from '../../../../lambdas/contract/limits/limit-policy.ts';
import type { Decision } from '../../../../lambdas/core/limits/decision.ts';
import { rateLimitHeaders, resetS, tightest } from '../../../../lambdas/core/limits/rate-limit-headers.ts';
import { bucketLimit, concurrencyLimit, windowLimit } from '../../../support/policy.ts';

const WINDOW = windowLimit(100, 60_000);

function decision(changes: Partial<Decision> = {}): Decision {
  return { policy: WINDOW, allowed: true, limit: 100, remaining: 42, resetMs: 30_500, counted: 'together', ...changes };
}

/** The one member of a list field: its value and parameters. */
function memberOf(field: string | undefined): {
  readonly value: unknown;
  readonly parameters: Record<string, unknown>;
} {
  const [member, ...others] = parseList(field ?? '') as (Item | InnerList)[];
  if (member === undefined) throw new Error('the field is empty');
  expect(others).toEqual([]);
  return { value: member[0], parameters: Object.fromEntries(member[1]) };
}

function bytesOf(value: unknown): string {
  if (!(value instanceof ArrayBuffer)) throw new TypeError('the parameter is no byte sequence');
  return Buffer.from(value).toString('base64');
}

describe('resetS', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1000, 1],
    [1001, 1],
    [1002, 2],
    [60_001, 60],
    [59_999, 60],
  ])('of %d ms is %d s', (resetMs, seconds) => {
    expect(resetS({ resetMs })).toBe(seconds);
  });
});

describe('the tightest of several decisions', () => {
  const many = decision({ remaining: 42 });
  const few = decision({ remaining: 1 });
  const fewForLonger = decision({ remaining: 1, resetMs: 30_501 });
  const refusesShortly = decision({ allowed: false, remaining: 0, resetMs: 1000 });
  const refusesForLong = decision({ allowed: false, remaining: 3, resetMs: 59_000 });
  const lastSlot = decision({ policy: concurrencyLimit(5), remaining: 0 });
  const noSlot = decision({ policy: concurrencyLimit(5), allowed: false, remaining: 0, resetMs: 1000 });
  const shadow = decision({
    allowed: false,
    remaining: 0,
    resetMs: 90_000,
    policy: windowLimit(1, 1, { shadow: true }),
  });

  it.each<[string, Decision, readonly Decision[]]>([
    ['the only one', many, [many]],
    ['the one with the fewest units left', few, [many, few]],
    ['of two with as many the one that resets last', fewForLonger, [few, fewForLonger, many]],
    ['one that refuses, whatever another has left', refusesForLong, [decision({ remaining: 0 }), refusesForLong]],
    ['of two that refuse the one with the longest wait', refusesForLong, [refusesShortly, refusesForLong]],
    ['of several that let pass none of concurrency, however little it has left', many, [lastSlot, many, lastSlot]],
    ['of concurrency where it refuses', noSlot, [few, noSlot]],
    ['of concurrency where it is alone', lastSlot, [shadow, lastSlot]],
    ['never a shadow', many, [shadow, many]],
    ['never one that nobody counted', many, [decision({ counted: 'not', remaining: 0 }), many]],
  ])('is %s', (_, expected, decisions) => {
    expect(decisions[tightest(decisions)]).toBe(expected);
    expect(decisions.toReversed()[tightest(decisions.toReversed())]).toBe(expected);
  });

  it('is the first of equals, and nobody where there are but shadows and what nobody counted', () => {
    expect(tightest([decision(), decision()])).toBe(0);
    expect(tightest([shadow, decision({ counted: 'not', allowed: false })])).toBe(-1);
    expect(tightest([])).toBe(-1);
  });
});

describe('rateLimitHeaders', () => {
  it.each<[string, LimitPolicy, Partial<Decision>, string, Record<string, string>]>([
    [
      'a window of one client',
      WINDOW,
      {},
      'q2hlY2sh',
      {
        'x-ratelimit-limit': '100',
        'x-ratelimit-remaining': '42',
        'x-ratelimit-reset': '1032',
        'ratelimit-policy': '"client";q=100;w=60;pk=:q2hlY2sh:',
        ratelimit: '"client";r=42;t=31;pk=:q2hlY2sh:',
      },
    ],
    [
      'a window of everybody, whose limit an operator changed',
      windowLimit(100, 1500, { name: 'total', by: 'total' }),
      { limit: 250 },
      '',
      {
        'x-ratelimit-limit': '250',
        'ratelimit-policy': '"total";q=250;w=2',
        ratelimit: '"total";r=42;t=31',
      },
    ],
    [
      'a bucket: it is full again after burst / rate',
      bucketLimit(3, 100),
      {},
      '',
      { 'ratelimit-policy': '"client-bucket";q=100;w=34', ratelimit: '"client-bucket";r=42;t=31' },
    ],
    [
      'a bucket that fills in no time',
      bucketLimit(1000, 10),
      { limit: 10, remaining: 9, resetMs: 1 },
      '',
      { 'ratelimit-policy': '"client-bucket";q=10;w=1', ratelimit: '"client-bucket";r=9;t=1' },
    ],
    [
      'a bucket whose numbers an operator changed: its rate is not known',
      bucketLimit(5, 50),
      { limit: 500 },
      '',
      { 'ratelimit-policy': '"client-bucket";q=500', ratelimit: '"client-bucket";r=42;t=31' },
    ],
    [
      'concurrency: nobody knows when a request will end',
      concurrencyLimit(5),
      { allowed: false, limit: 5, remaining: 0, resetMs: 1000 },
      '',
      {
        'x-ratelimit-reset': '1002',
        'ratelimit-policy': '"client-concurrency";q=5;qu="concurrent-requests"',
        ratelimit: '"client-concurrency";r=0',
      },
    ],
  ])('tell of %s', (_, policy, changes, partition, headers) => {
    expect(rateLimitHeaders(decision({ policy, ...changes }), 1_000_200, partition)).toMatchObject(headers);
  });

  // The millisecond in which the request came is over before the answer has arrived, see `resetS`.
  it('let in a client that comes back when it was told to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), fc.integer({ min: 0, max: 2 ** 42 }), (resetMs, nowMs) => {
        const headers = rateLimitHeaders(decision({ allowed: false, remaining: 0, resetMs }), nowMs, '');
        expect(Number(headers['x-ratelimit-reset']) * 1000).toBeGreaterThanOrEqual(nowMs + resetMs - 1);
        expect(Number(memberOf(headers['ratelimit']).parameters['t']) * 1000).toBeGreaterThanOrEqual(resetMs - 1);
      }),
    );
  });

  const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,30}$/);
  const limit = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
  const milliseconds = fc.integer({ min: 1, max: 31 * 86_400_000 });
  const rate = fc.double({ min: 0.001, max: 1e9, noNaN: true });
  const policies = fc.oneof(
    fc
      .tuple(limit, milliseconds, name)
      .map(([size, windowMs, called]) => windowLimit(size, windowMs, { name: called })),
    fc.tuple(rate, limit, name).map(([perS, burst, called]) => bucketLimit(perS, burst, { name: called })),
    fc.tuple(limit, name).map(([size, called]) => concurrencyLimit(size, { name: called })),
  );
  const partitions = fc
    .uint8Array({ minLength: 6, maxLength: 6 })
    .map((bytes) => Buffer.from(bytes).toString('base64'));
  const decisions = fc.record({
    policy: policies,
    allowed: fc.boolean(),
    limit,
    remaining: fc.oneof(limit, fc.constant(0)),
    resetMs: milliseconds,
    counted: fc.constantFrom('together', 'alone', 'not'),
  });

  function parametersOf({ policy, limit: held }: Decision): readonly string[] {
    if (policy.kind === 'concurrency') return ['q', 'qu', 'pk'];
    return policy.kind === 'bucket' && held !== policy.burst ? ['q', 'pk'] : ['q', 'w', 'pk'];
  }

  it('are structured fields of the types that the draft demands, whatever the limit', () => {
    fc.assert(
      fc.property(decisions, partitions, (made, partition) => {
        const headers = rateLimitHeaders(made, 0, partition);
        const quota = memberOf(headers['ratelimit-policy']);
        const service = memberOf(headers['ratelimit']);
        const kind = made.policy.kind;
        expect([quota.value, service.value]).toEqual([made.policy.name, made.policy.name]);
        expect(Object.keys(quota.parameters)).toEqual(parametersOf(made));
        expect(Object.keys(service.parameters)).toEqual(kind === 'concurrency' ? ['r', 'pk'] : ['r', 't', 'pk']);
        expect([bytesOf(quota.parameters['pk']), bytesOf(service.parameters['pk'])]).toEqual([partition, partition]);
        const { q, w = 1, qu = 'concurrent-requests' } = quota.parameters;
        const { r, t = 1 } = service.parameters;
        for (const number of [q, w, r, t]) expect(number).toSatisfy(Number.isSafeInteger);
        expect(Number(q)).toBe(Math.min(made.limit, 999_999_999_999_999));
        expect(Number(r)).toBe(Math.min(made.remaining, 999_999_999_999_999));
        expect(Number(w)).toBeGreaterThanOrEqual(1);
        expect(Number(t)).toBe(kind === 'concurrency' ? 1 : Math.max(1, Math.ceil((made.resetMs - 1) / 1000)));
        expect(qu).toBe('concurrent-requests');
      }),
    );
  });
});
