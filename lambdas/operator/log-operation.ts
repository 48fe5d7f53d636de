import { writeLine } from '../adapters/log.ts';
import type { Operation, OperationResult } from '../contract/operations/operations.ts';

/**
 * Logs the name that the operator gave; CloudTrail has the verified identity. An id is no credential, because a token's id
 * is its `jti`.
 */
export function logOperation(gateway: string, operation: Operation | undefined, result: OperationResult): void {
  writeLine({ message: result.ok ? 'operation' : 'operation failed', gateway, ...operation, ...fieldsOf(result) });
}

function fieldsOf(result: OperationResult): Record<string, unknown> {
  if (!result.ok) return { code: result.error.code, error: result.error.message };
  if ('rules' in result) return { rules: result.rules.length };
  if ('keys' in result) return { keys: result.keys.length };
  if ('circuits' in result) return { circuits: result.circuits.length };
  const note = result.note !== null && { note: result.note };
  // Only the caller gets the key's secret; the log must not hold it.
  if ('secret' in result) return { id: result.key.id, expires_at_ms: result.key.expiresAtMs, ...note };
  if ('circuit' in result) {
    const { changed, circuit } = result;
    return { changed, circuit: circuit?.state ?? 'unreadable', version: circuit?.version ?? 0, ...note };
  }
  const { changed, pushed, rule } = result;
  return { changed, pushed, version: rule.version, ...note };
}
