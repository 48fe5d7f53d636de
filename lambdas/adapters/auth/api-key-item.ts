import { type ApiKey, decodeApiKey, LAST_USED_ATTRIBUTE } from '../../contract/auth/api-key.ts';
import { DecodeError, integer, object, string, withDefault } from '../../contract/decode.ts';
import { keysPartition, TABLE } from '../../contract/table.ts';
import type { Item, ItemKey } from '../table/table-client.ts';

/** How long an operator can still list a key after it has ended. */
const ENDED_KEPT_MS = 30 * 86_400_000;

/** Attributes of a key's item beside those of the table's key. */
export const KEY_ITEM = { key: 'apiKey', version: 'version', lastUsed: LAST_USED_ATTRIBUTE } as const;

export interface StoredApiKey {
  readonly key: ApiKey;
  /** Epoch milliseconds, to the hour; 0: never. */
  readonly lastUsedAtMs: number;
}

export function itemKeyOf(gateway: string, id: string): ItemKey {
  return { partition: keysPartition(gateway), sort: id };
}

/** The attributes that an operator's change writes. Only the authorizer writes when the key was last used. */
export function encodeApiKeyItem(key: ApiKey): Item {
  return {
    [KEY_ITEM.key]: { S: JSON.stringify(key) },
    [KEY_ITEM.version]: { N: String(key.version) },
    [TABLE.ttl]: { N: String(Math.ceil((key.expiresAtMs + ENDED_KEPT_MS) / 1000)) },
  };
}

const attributes = object({
  [KEY_ITEM.key]: object({ S: string }),
  [KEY_ITEM.version]: object({ N: string }),
  [KEY_ITEM.lastUsed]: withDefault(object({ N: string }), { N: '0' }),
});

/** @throws DecodeError for an item that is no key */
export function decodeApiKeyItem(item: unknown): StoredApiKey {
  const read = attributes(item, 'item');
  const key = decodeApiKey(read[KEY_ITEM.key].S);
  if (Number(read[KEY_ITEM.version].N) !== key.version) {
    throw new DecodeError('item.version', `the key's, ${key.version}`, read[KEY_ITEM.version].N);
  }
  return { key, lastUsedAtMs: integer(Number(read[KEY_ITEM.lastUsed].N), 'item.lastUsedAtMs') };
}
