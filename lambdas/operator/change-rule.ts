import type { RuleStore } from '../adapters/limits/rule-store.ts';
import type { Rule } from '../contract/limits/operator-rule.ts';
import { InvalidOperationError } from '../contract/limits/rule-id.ts';
import { applyChange, isEmpty, isIdle, type RuleChange, standingRule } from '../core/limits/rule-matching.ts';
import type { RuleQuota } from './rule-quota.ts';

/** After this many other writers were first, each with a change of the rule, this one gives up. */
const ATTEMPTS = 10;
/** Every request of its subject reads the rule. */
const MAX_OVERRIDES = 100;

/** Too many others changed the rule at the same time. */
export class ConflictError extends Error {
  readonly code = 'conflict';
}

/**
 * Changes a rule in the table. When two operators do so at the same time, both changes are made.
 *
 * @returns the rule as it is now, and whether there was anything to change
 * @throws ConflictError, TooManyRulesError, InvalidOperationError, or TableUnavailable
 */
export async function changeRule(
  { store, quota }: { readonly store: Pick<RuleStore, 'read' | 'write'>; readonly quota: RuleQuota },
  id: string,
  change: RuleChange,
  nowMs: number,
): Promise<{ readonly rule: Rule; readonly changed: boolean }> {
  let rule = await store.read(id);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const next = applyChange(rule, change, nowMs);
    checkSize(next);
    if (isEmpty(standingRule(rule, nowMs)) && !isEmpty(next)) await quota.take(next, nowMs);
    const standing = await store.write(next, rule);
    if (standing === next) return { rule: next, changed: !isIdle(standingRule(rule, nowMs), change) };
    rule = standing;
  }
  throw new ConflictError(`the rule of ${id} was changed by others ${ATTEMPTS} times in a row: ask for it again`);
}

function checkSize({ limits, id }: Rule): void {
  const count = Object.keys(limits).length;
  if (count <= MAX_OVERRIDES) return;
  throw new InvalidOperationError(
    `a subject may have at most ${MAX_OVERRIDES} limits of its own, ${id} would have ${count}: take some back with the value default`,
  );
}
