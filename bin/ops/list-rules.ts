import type { List } from '../../lambdas/contract/operations.ts';
import type { Rule } from '../../lambdas/contract/rules.ts';
import { OpsError } from './errors.ts';
import type { Ask } from './operator-client.ts';

/** All rules, page by page. @throws OpsError */
export async function listRules(ask: Ask, operation: List): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  let after: string | null = null;
  do {
    const result = await ask({ ...operation, after });
    if (!result.ok) throw new OpsError(result.error.message);
    if (!('rules' in result)) throw new OpsError('the operator function answered something else than rules');
    rules.push(...result.rules);
    after = result.next;
  } while (after !== null);
  return rules;
}
