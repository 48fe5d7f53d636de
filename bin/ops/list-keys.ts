import type { KeyFacts, ListKeys } from '../../lambdas/contract/key-operations.ts';
import { OpsError } from './errors.ts';
import type { Ask } from './operator-client.ts';

/** All keys, page by page. @throws OpsError */
export async function listKeys(ask: Ask, operation: ListKeys): Promise<readonly KeyFacts[]> {
  const keys: KeyFacts[] = [];
  let after: string | null = null;
  do {
    const result = await ask({ ...operation, after });
    if (!result.ok) throw new OpsError(result.error.message);
    if (!('keys' in result)) throw new OpsError('the operator function answered something else than keys');
    keys.push(...result.keys);
    after = result.next;
  } while (after !== null);
  return keys;
}
