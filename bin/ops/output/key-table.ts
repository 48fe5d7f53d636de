import { isRevokedKey } from '../../../lambdas/contract/auth/api-key.ts';
import type { KeyFacts } from '../../../lambdas/contract/operations/key-operations.ts';
import { printable } from '../../../lambdas/contract/printable.ts';
import { isoTime } from '../../../lambdas/core/text/iso-time.ts';
import { table } from './text-table.ts';

const DATE_WIDTH = '2026-11-24'.length;
/** Widths of id, owner, plan, scopes, end and last use; the state gets the rest. */
const MAX_WIDTHS = [12, 20, 10, 16, DATE_WIDTH, DATE_WIDTH] as const;

/**
 * One row for each key; `--json` has all fields. @param width of the terminal, in columns; undefined: nothing is cut
 */
export function keyTable(keys: readonly KeyFacts[], nowMs: number, width: number | undefined): string {
  const rows = keys.map((key) => [
    key.id,
    printable(key.owner),
    printable(key.plan) || '-',
    printable(key.scopes.join(' ')) || '-',
    isoDate(key.expiresAtMs),
    key.lastUsedAtMs === 0 ? '-' : isoDate(key.lastUsedAtMs),
    stateOf(key, nowMs),
  ]);
  return table(['ID', 'OWNER', 'PLAN', 'SCOPES', 'EXPIRES', 'LAST USED', 'STATE'], rows, MAX_WIDTHS, width);
}

/** In UTC. */
function isoDate(ms: number): string {
  return isoTime(ms).slice(0, DATE_WIDTH);
}

/** `rotating`: its former secret is valid, too. */
function stateOf(key: KeyFacts, nowMs: number): string {
  const { expiresAtMs, formerUntilMs } = key;
  if (expiresAtMs <= nowMs) return 'expired';
  if (isRevokedKey(key, nowMs)) return 'revoked';
  return formerUntilMs !== null && formerUntilMs > nowMs ? 'rotating' : 'good';
}
