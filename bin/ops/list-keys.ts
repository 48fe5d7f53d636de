import type { KeyFacts, KeysResult, ListKeys } from '../../lambdas/contract/operations/key-operations.ts';
import { askFor } from './ask-for.ts';
import type { Ask } from './operator-client.ts';

/** All keys, page by page. @throws OpsError */
export async function listKeys(ask: Ask, operation: ListKeys): Promise<readonly KeyFacts[]> {
  const keys: KeyFacts[] = [];
  let after: string | null = null;
  do {
    const page: KeysResult = await askFor('keys', ask, { ...operation, after });
    keys.push(...page.keys);
    after = page.next;
  } while (after !== null);
  return keys;
}
