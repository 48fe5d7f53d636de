import type { Rule } from '../../contract/limits/operator-rule.ts';
import { isEmpty, standingRule } from './rule-matching.ts';

/** How many rules of a gateway may say something; more would take an instance seconds to read, each minute. */
export const MAX_RULES = 20_000;

/**
 * At most `max` rules that say something, revocations before limits, and all that say nothing: they tell the copies what
 * was taken back.
 */
export function withinBound(rules: readonly Rule[], nowMs: number, max = MAX_RULES): readonly Rule[] {
  const revoking: Rule[] = [];
  const limiting: Rule[] = [];
  for (const rule of rules) {
    const standing = standingRule(rule, nowMs);
    if (!isEmpty(standing)) (standing.revocation === null ? limiting : revoking).push(rule);
  }
  const dropped = new Set([...revoking, ...limiting].slice(max));
  return dropped.size === 0 ? rules : rules.filter((rule) => !dropped.has(rule));
}
