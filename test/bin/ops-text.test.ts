import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeKey } from '../../bin/ops/output/describe-key.ts';
import { describeResult } from '../../bin/ops/output/describe-result.ts';
import { factsOf } from '../../bin/ops/output/facts.ts';
import { factsTable } from '../../bin/ops/output/facts-table.ts';
import { keyTable } from '../../bin/ops/output/key-table.ts';
import { USAGE } from '../../bin/ops/usage.ts';
import type { Rule } from '../../lambdas/contract/limits/operator-rule.ts';
import type { KeyFacts } from '../../lambdas/contract/operations/key-operations.ts';

/** Columns of a terminal. */
const WIDTH = 100;
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
  return factsTable(
    rules.flatMap((rule) => factsOf(rule, 'all')),
    WIDTH,
  ).split('\n');
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
    expect(told(get, { ...NOTHING, version: 0 })).toBe('no operator has set anything for sub:alice');
  });

  it('survives a version that is no time', () => {
    expect(told(get, { ...RULE, version: Number.MAX_SAFE_INTEGER })).toContain('last changed 9007199254740991');
  });
});

const KEY: KeyFacts = {
  id: '4fzN9qXw2LbC',
  prefix: 'tgk_4fzN9qXw2LbC_',
  owner: 'billing@example.com',
  plan: 'pro',
  tenant: '',
  scopes: ['orders:read', 'orders:write'],
  roles: [],
  createdAtMs: NOON_MS,
  rotatedAtMs: NOON_MS,
  expiresAtMs: NOON_MS + 86_400_000,
  lastUsedAtMs: NOON_MS,
  revokedUntilMs: null,
  formerUntilMs: null,
};

describe('the table of keys', () => {
  const rowOf = (changes: Partial<KeyFacts>) => keyTable([{ ...KEY, ...changes }], NOON_MS, WIDTH).split('\n')[1] ?? '';

  it('has a row for each key, with dates in ISO', () => {
    const unused = { ...KEY, id: 'AAAAAAAAAAAA', owner: 'ci', plan: '', scopes: [], lastUsedAtMs: 0 };
    expect(keyTable([KEY, unused], NOON_MS, WIDTH).split('\n')).toEqual([
      'ID            OWNER                PLAN  SCOPES                    EXPIRES     LAST USED   STATE',
      '4fzN9qXw2LbC  billing@example.com  pro   orders:read orders:write  2026-11-25  2026-11-24  good',
      'AAAAAAAAAAAA  ci                   -     -                         2026-11-25  -           good',
    ]);
  });

  it.each<[Partial<KeyFacts>, string]>([
    [{}, 'good'],
    [{ formerUntilMs: NOON_MS + 1 }, 'rotating'],
    [{ formerUntilMs: NOON_MS }, 'good'],
    [{ revokedUntilMs: 0 }, 'revoked'],
    [{ revokedUntilMs: NOON_MS + 1, formerUntilMs: NOON_MS + 1 }, 'revoked'],
    [{ revokedUntilMs: NOON_MS }, 'good'],
    [{ expiresAtMs: NOON_MS }, 'expired'],
    [{ expiresAtMs: NOON_MS, revokedUntilMs: 0 }, 'expired'],
  ])('says of a key with %j that it is %s', (changes, state) => {
    expect(rowOf(changes)).toMatch(new RegExp(` ${state}$`));
  });

  it('fits a hundred columns, the state included, and shows nothing that a terminal would act on', () => {
    const row = rowOf({ owner: `\u202e${'o'.repeat(256)}`, plan: 'p'.repeat(256), formerUntilMs: NOON_MS + 1 });
    expect([...row].length).toBeLessThanOrEqual(100);
    expect(row).toMatch(/ \\u\{202e\}o{11}… .* rotating$/);
  });
});

describe('a key that was made', () => {
  const told = (action: 'create-key' | 'rotate-key', changes: Partial<KeyFacts> = {}, note: string | null = null) => {
    const operation = { action } as Parameters<typeof describeKey>[0];
    return describeKey(operation, { ok: true, key: { ...KEY, ...changes }, secret: 'the key', note });
  };
  const MADE =
    'key:4fzN9qXw2LbC of billing@example.com is good until 2026-11-25T12:00:00Z: keep it now, it is not shown again';

  it('is told with its id and end, and that it is shown once', () => {
    expect(told('create-key')).toEqual([MADE]);
    expect(told('create-key', {}, 'the table is slow')).toEqual([MADE, 'note: the table is slow']);
  });

  it('by a rotation is told with how long its former secret is good', () => {
    const lines = told('rotate-key', { formerUntilMs: NOON_MS });
    expect(lines).toEqual([MADE, 'its former secret is good until 2026-11-24T12:00:00Z']);
    expect(told('rotate-key')).toEqual([MADE, expect.stringMatching(/^all its former secrets end: .* within 15 s, /)]);
  });
});

it('a rotation without an overlap is told in the words of the documentation', () => {
  const [, line = ''] = describeKey(
    { action: 'rotate-key', id: KEY.id, overlapMs: 0 },
    { ok: true, key: KEY, secret: 'the key', note: null },
  );
  for (const page of ['operations.md', 'architecture.md']) {
    const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8');
    expect(text.replaceAll('`', '').replace(/\s+/g, ' ')).toContain(line);
  }
});

it('the usage fits a hundred columns', () => {
  for (const line of USAGE.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});
