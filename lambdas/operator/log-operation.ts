import { writeLine } from '../adapters/log.ts';
import type { Operation, OperationResult } from '../contract/operations/operations.ts';

/** Of who asks what they say of themselves: CloudTrail has who it was. An id is no credential: a token is named by its `jti`. */
export function logOperation(gateway: string, operation: Operation | undefined, result: OperationResult): void {
  writeLine({ message: result.ok ? 'operation' : 'operation failed', gateway, ...operation, ...toldOf(result) });
}

function toldOf(result: OperationResult): Record<string, unknown> {
  if (!result.ok) return { code: result.error.code, error: result.error.message };
  if ('rules' in result) return { rules: result.rules.length };
  if ('keys' in result) return { keys: result.keys.length };
  if ('circuits' in result) return { circuits: result.circuits.length };
  const note = result.note !== null && { note: result.note };
  // Of a key what everybody may know: its secret is told to whoever asked, and nowhere else.
  if ('secret' in result) return { id: result.key.id, expires_at_ms: result.key.expiresAtMs, ...note };
  if ('circuit' in result) {
    const { changed, circuit } = result;
    return { changed, circuit: circuit?.state ?? 'unreadable', version: circuit?.version ?? 0, ...note };
  }
  const { changed, pushed, rule } = result;
  return { changed, pushed, version: rule.version, ...note };
}
