import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOMBSTONE_MS } from '../../../../lambdas/adapters/limits/rule-scripts.ts';
import { RuleSnapshot } from '../../../../lambdas/adapters/limits/rule-snapshot.ts';
import { encodeRule, type Rule } from '../../../../lambdas/contract/limits/operator-rule.ts';
import { applyChange, noRule, standingRule } from '../../../../lambdas/core/limits/rule-matching.ts';

const NOW = Date.UTC(2026, 10, 24);

function revoked(id: string, version = NOW, untilMs = 0): Rule {
  return applyChange({ ...noRule(id), version: version - 1 }, { type: 'revoke', untilMs, reason: 'left' }, version);
}

function many(length: number): readonly Rule[] {
  return Array.from({ length }, (_, index) => revoked(`token:${index}`));
}

/** What the changes since `digest` say, by id. */
function told(snapshot: RuleSnapshot, digest: string): Map<string, string> {
  const pairs = snapshot.changesSince(digest).flat();
  return new Map(Array.from({ length: pairs.length / 2 }, (_, at) => [pairs[2 * at] ?? '', pairs[2 * at + 1] ?? '']));
}

describe('the changes since a snapshot', () => {
  it('are all that another one has or has otherwise, whatever both hold', () => {
    const rules = fc.uniqueArray(
      fc.record({ name: fc.string({ minLength: 1, maxLength: 3 }), version: fc.integer({ min: 1, max: 5 }) }),
      { selector: ({ name }) => name, maxLength: 40 },
    );
    const rulesOf = (all: readonly { name: string; version: number }[]) =>
      all.map(({ name, version }) => revoked(`sub:${name}`, version));
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const copy = new Map(rulesOf(before).map((rule) => [rule.id, encodeRule(rule)]));
        const changes = told(new RuleSnapshot(rulesOf(after), NOW), new RuleSnapshot(rulesOf(before), NOW).digest);
        for (const [id, text] of changes) copy.set(id, text);
        for (const rule of rulesOf(after)) expect(copy.get(rule.id)).toBe(encodeRule(rule));
      }),
    );
  });

  it('are none where nothing has changed, in whatever order the rules come as long as it is the same', () => {
    const rules = many(2000);
    expect(new RuleSnapshot(rules, NOW).changesSince(new RuleSnapshot(rules, NOW + 1).digest)).toEqual([]);
  });

  it('are one short chunk where one of 20,000 rules is new', () => {
    const rules = many(20_000);
    const added = revoked('sub:alice');
    const snapshot = new RuleSnapshot([...rules, added], NOW);
    const chunks = snapshot.changesSince(new RuleSnapshot(rules, NOW).digest);
    expect(chunks).toHaveLength(1);
    expect(chunks.flat().length / 2).toBeLessThan(150);
    expect(told(snapshot, new RuleSnapshot(rules, NOW).digest).get('sub:alice')).toBe(encodeRule(added));
  });

  it('are all rules, 500 a chunk, for a copy that was never complete, or with digests of another kind', () => {
    const snapshot = new RuleSnapshot(many(1201), NOW);
    for (const digest of ['', 'x'.repeat(86)]) {
      expect(snapshot.changesSince(digest).map((chunk) => chunk.length / 2)).toEqual([500, 500, 201]);
    }
  });

  it('have a rule that has ended since, and once more when its mark is old enough to go', () => {
    const rule = revoked('token:t', NOW, NOW + 1000);
    const times = [NOW, NOW + 1000, NOW + TOMBSTONE_MS + 1];
    const [before, ended, old] = times.map((nowMs) => new RuleSnapshot([rule], nowMs)) as [
      RuleSnapshot,
      RuleSnapshot,
      RuleSnapshot,
    ];
    const text = encodeRule(standingRule(rule, NOW + 1000));
    expect([...told(ended, before.digest)]).toEqual([['token:t', text]]);
    expect([...told(old, ended.digest)]).toEqual([['token:t', text]]);
    expect(text).toBe(`${NOW} `);
  });
});

it('the digest of no rules is long enough for Redis to keep the hash as a table', () => {
  expect(new RuleSnapshot([], NOW).digest.length).toBeGreaterThan(64);
});
