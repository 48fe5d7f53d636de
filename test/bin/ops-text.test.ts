import { describe, expect, it } from 'vitest';
import { describeResult } from '../../bin/ops/describe-result.ts';
import { factsOf } from '../../bin/ops/facts.ts';
import { factsTable } from '../../bin/ops/facts-table.ts';
import { USAGE } from '../../bin/ops/usage.ts';
import type { Rule } from '../../lambdas/contract/rules.ts';

const NOON_MS = Date.UTC(2026, 10, 24, 12);
const RULE: Rule = {
  id: 'sub:alice',
  version: NOON_MS,
  revocation: { untilMs: 0, reason: '' },
  limits: {
    client: { limit: 500, ratePerS: null, untilMs: NOON_MS + 86_400_000 },
    'payments/client-bucket': { limit: 50, ratePerS: 2.5, untilMs: 0 },
  },
  reason: 'migration',
};

function tableOf(...rules: readonly Rule[]): readonly string[] {
  return factsTable(rules.flatMap((rule) => factsOf(rule, 'all'))).split('\n');
}

describe('the table', () => {
  it('has a row for each fact, with its end in ISO', () => {
    expect(tableOf(RULE)).toEqual([
      'ID         WHAT                    VALUE      UNTIL                 REASON',
      'sub:alice  revoked                 -          -                     migration',
      'sub:alice  client                  500        2026-11-25T12:00:00Z  migration',
      'sub:alice  payments/client-bucket  50, 2.5/s  -                     migration',
    ]);
  });

  it('cuts names that are longer, never the numbers', () => {
    const limits = { [`${'s'.repeat(31)}/client`]: { limit: 10_000_000, ratePerS: 1 / 3, untilMs: 0 } };
    const [, row = ''] = tableOf({ ...RULE, id: `sub:${'x'.repeat(40)}`, revocation: null, limits });
    expect(row).toMatch(/^sub:x{19}… {2}s{21}… {2}10000000, 0\.3333\/s {2}-/);
  });

  it('fits a hundred columns whatever the ids and reasons are', () => {
    const long = { ...RULE, id: `sub:${'x'.repeat(1024)}`, reason: 'because '.repeat(32) };
    for (const line of tableOf(long, RULE)) expect([...line].length).toBeLessThanOrEqual(100);
  });

  it('shows nothing that a terminal would act on', () => {
    const [, row = ''] = tableOf({ ...RULE, id: 'sub:\u202ea 名', reason: 'a\u200bb\u2028' });
    expect(row).toContain('sub:\\u{202e}a 名');
    expect(row).toContain('a\\u{200b}b\\u{2028}');
  });

  it('gives a revocation its own reason, or where it has none that of the last change', () => {
    const row = (reason: string) => factsOf({ ...RULE, revocation: { untilMs: 0, reason } }, 'all')[0];
    expect(row('stole a laptop')).toMatchObject({ what: 'revoked', reason: 'stole a laptop' });
    expect(row('')).toMatchObject({ what: 'revoked', reason: 'migration' });
  });

  it('may have revocations or limits alone', () => {
    expect(factsOf(RULE, 'revoked').map(({ what }) => what)).toEqual(['revoked']);
    expect(factsOf(RULE, 'limits').map(({ what }) => what)).toEqual(['client', 'payments/client-bucket']);
  });
});

describe('a result', () => {
  const NOTHING: Rule = { ...RULE, revocation: null, limits: {} };
  const told = (operation: Parameters<typeof describeResult>[0], rule: Rule, changed = true) =>
    describeResult(operation, { ok: true, rule, changed, pushed: true, note: null });
  const revoke = { action: 'revoke', id: 'sub:alice', forMs: null, reason: 'x' } as const;
  const restore = { action: 'restore', id: 'sub:alice', reason: '' } as const;
  const limit = (name: string) =>
    ({ action: 'limit', id: 'sub:alice', limit: name, value: 1, ratePerS: null, forMs: null, reason: '' }) as const;
  const get = { action: 'get', id: 'sub:alice' } as const;

  it('is told in words', () => {
    expect(told(revoke, RULE)).toBe('sub:alice is revoked for good');
    expect(told(revoke, { ...RULE, revocation: { untilMs: NOON_MS, reason: '' } })).toBe(
      'sub:alice is revoked until 2026-11-24T12:00:00Z',
    );
    expect(told(restore, NOTHING)).toBe('sub:alice is restored');
    expect(told(restore, NOTHING, false)).toBe('sub:alice was not revoked');
    expect(told(limit('client'), RULE)).toBe('sub:alice has client 500 until 2026-11-25T12:00:00Z');
    expect(told(limit('payments/client-bucket'), RULE)).toBe('sub:alice has payments/client-bucket 50, 2.5/s for good');
    expect(told(limit('client'), NOTHING)).toBe('sub:alice has client as the stack has it');
    expect(told(limit('client'), NOTHING, false)).toBe('sub:alice had no client of its own');
  });

  it('tells of a limit that is called like what every object has', () => {
    expect(told(limit('constructor'), NOTHING)).toBe('sub:alice has constructor as the stack has it');
    expect(told(limit('constructor'), NOTHING, false)).toBe('sub:alice had no constructor of its own');
  });

  it('shows all that is said of one subject', () => {
    expect(told(get, RULE).split('\n')).toEqual([
      'sub:alice',
      '  revoked for good',
      '  client 500 until 2026-11-25T12:00:00Z',
      '  payments/client-bucket 50, 2.5/s for good',
      '  last changed 2026-11-24T12:00:00Z: migration',
    ]);
    const stolen = { ...RULE, revocation: { untilMs: 0, reason: 'stole a laptop' } };
    expect(told(get, stolen)).toContain('  revoked for good: stole a laptop\n');
    expect(told(get, NOTHING)).toContain('nothing in force');
    expect(told(get, { ...NOTHING, version: 0 })).toBe('nobody has said anything of sub:alice');
  });

  it('survives a version that is no time', () => {
    expect(told(get, { ...RULE, version: Number.MAX_SAFE_INTEGER })).toContain('last changed 9007199254740991');
  });
});

it('the usage fits a hundred columns', () => {
  for (const line of USAGE.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});
