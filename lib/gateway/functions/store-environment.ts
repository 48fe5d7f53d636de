import { Env } from '../../../lambdas/contract/environment.ts';
import type { Foundation } from '../../foundation/foundation.ts';

/** Where a function finds the gateway's stores. */
export function storeEnvironment({
  cache,
  table,
}: Pick<Foundation, 'cache' | 'table'>): Readonly<Record<string, string>> {
  return { [Env.table]: table.tableName, ...cache.environment };
}
