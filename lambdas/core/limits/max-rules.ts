import type { Rule } from '../../contract/limits/operator-rule.ts';
import { isEmpty, standingRule } from './rule-matching.ts';

/** How many rules of a gateway may be in force; an instance would need seconds to read more, each minute. */
export const MAX_RULES = 20_000;

/**
 * At most `max` rules that are in force, revocations before limits, and all empty ones: by those the copies learn what an
 * operator took back.
 */
export function withinMaxRules(rules: readonly Rule[], nowMs: number, max = MAX_RULES): readonly Rule[] {
  const revoking: Rule[] = [];
  const limiting: Rule[] = [];
  for (const rule of rules) {
    const standing = standingRule(rule, nowMs);
    if (!isEmpty(standing)) (standing.revocation === null ? limiting : revoking).push(rule);
  }
  const dropped = new Set([...revoking, ...limiting].slice(max));
  return dropped.size === 0 ? rules : rules.filter((rule) => !dropped.has(rule));
}
