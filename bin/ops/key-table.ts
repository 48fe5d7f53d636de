import type { KeyFacts } from '../../lambdas/contract/key-operations.ts';
import { printable } from '../../lambdas/contract/printable.ts';
import { table } from './table.ts';
import { isoTime, until } from './text.ts';

const TIME_WIDTH = '2026-11-24T10:00:00Z'.length;

/** A row a key, in 100 columns; `--json` has all that is known of it. */
export function keyTable(keys: readonly KeyFacts[], nowMs: number): string {
  const rows = keys.map((key) => [
    key.id,
    printable(key.owner),
    printable(key.plan) || '-',
    printable(key.scopes.join(' ')) || '-',
    key.lastUsedAtMs === 0 ? '-' : isoTime(key.lastUsedAtMs),
    stateOf(key, nowMs),
  ]);
  return table(['ID', 'OWNER', 'PLAN', 'SCOPES', 'LAST USED', 'STATE'], rows, [12, 20, 8, 16, TIME_WIDTH]);
}

function stateOf({ revokedUntilMs, expiresAtMs, formerUntilMs }: KeyFacts, nowMs: number): string {
  if (revokedUntilMs !== null && (revokedUntilMs === 0 || revokedUntilMs > nowMs))
    return `revoked ${until(revokedUntilMs)}`;
  if (expiresAtMs <= nowMs) return `expired ${isoTime(expiresAtMs)}`;
  const former = formerUntilMs === null ? '' : `, former secret ${until(formerUntilMs)}`;
  return `good ${until(expiresAtMs)}${former}`;
}
