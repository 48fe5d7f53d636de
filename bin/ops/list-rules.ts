import type { Rule } from '../../lambdas/contract/limits/operator-rule.ts';
import type { List, RulesResult } from '../../lambdas/contract/operations/operations.ts';
import { askFor } from './ask-for.ts';
import type { Ask } from './operator-client.ts';

/** All rules, page by page. @throws OpsError */
export async function listRules(ask: Ask, operation: List): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  let after: string | null = null;
  do {
    const page: RulesResult = await askFor('rules', ask, { ...operation, after });
    rules.push(...page.rules);
    after = page.next;
  } while (after !== null);
  return rules;
}
