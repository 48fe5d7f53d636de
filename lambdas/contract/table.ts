/** Attributes of the table's key and of its time to live (epoch seconds). */
export const TABLE = { partitionKey: 'pk', sortKey: 'sk', ttl: 'expiresAt' } as const;

/** Partition of a circuit: its `state` item and one `history#…` item a transition. */
export function circuitPartition(gateway: string, service: string): string {
  return `circuit#${gateway}#${service}`;
}

export const CIRCUIT_STATE_SORT_KEY = 'state';

export const CIRCUIT_HISTORY_PREFIX = 'history#';

/** The greatest version of a circuit: beyond it the history would be out of order. */
export const MAX_VERSION = 999_999_999_999;

/** History sorts by version, so a query for the newest items reads the partition backwards. */
export function circuitHistorySortKey(version: number): string {
  return `${CIRCUIT_HISTORY_PREFIX}${String(version).padStart(String(MAX_VERSION).length, '0')}`;
}

/** Partition of the operators' rules: one item for each subject with a rule, also an ended one. */
export function rulesPartition(gateway: string): string {
  return `rules#${gateway}`;
}

/** Partition of API keys: one item each, under its id. */
export function keysPartition(gateway: string): string {
  return `keys#${gateway}`;
}

/** Partition of the issuers' signing keys: one item each, under the issuer. */
export function jwksPartition(gateway: string): string {
  return `jwks#${gateway}`;
}

/** Partition of the revocation mark. Its version changes with every revocation; the authorizer's instances read it. */
export function revocationsPartition(gateway: string): string {
  return `revocations#${gateway}`;
}

export const REVOCATION_MARK_SORT_KEY = 'mark';
