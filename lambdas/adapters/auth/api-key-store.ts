import { isDeepStrictEqual } from 'node:util';
import type { ApiKey } from '../../contract/auth/api-key.ts';
import { keysPartition, TABLE } from '../../contract/table.ts';
import { describeError, writeLine } from '../log.ts';
import type { Item, TableClient } from '../table/table-client.ts';
import { answered } from '../table/table-unavailable.ts';
import { decodeApiKeyItem, encodeApiKeyItem, itemKeyOf, KEY_ITEM, type StoredApiKey } from './api-key-item.ts';

/** True only if no other writer changed the key since it was read. */
const UNCHANGED = '#version = :expected';
const NEW = `attribute_not_exists(${TABLE.partitionKey})`;

export interface ApiKeyPage {
  readonly keys: readonly StoredApiKey[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

/** The API keys of one gateway in DynamoDB, as operators change them. */
export class ApiKeyStore {
  readonly #client: TableClient;
  readonly #gateway: string;

  constructor(client: TableClient, gateway: string) {
    this.#client = client;
    this.#gateway = gateway;
  }

  /** @returns undefined: no key has this id. @throws TableUnavailable, or DecodeError for an item that is no key */
  async read(id: string): Promise<StoredApiKey | undefined> {
    const item = await this.#item(id);
    return item === undefined ? undefined : decodeApiKeyItem(item);
  }

  /**
   * Stores `next` in place of `previous`, or as a new key. It does not change when the key was last used.
   *
   * @returns false: another writer was first
   * @throws TableUnavailable
   */
  async write(next: ApiKey, previous: ApiKey | undefined): Promise<boolean> {
    const item = encodeApiKeyItem(next);
    const names = Object.keys(item);
    const expected = previous && { ':expected': { N: String(previous.version) } };
    const update = `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`;
    const condition = {
      expression: previous === undefined ? NEW : UNCHANGED,
      names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      values: { ...Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value])), ...expected },
    };
    if (await answered(() => this.#client.update(itemKeyOf(this.#gateway, next.id), update, condition))) return true;
    // When the answer to a write is lost, the client sends the write again. Its own first write then fails the condition.
    const current = await this.#item(next.id);
    return isDeepStrictEqual(current?.[KEY_ITEM.key], item[KEY_ITEM.key]);
  }

  /** Up to 1 MB of keys after `after`. @throws as `read` */
  async page(after: string | null): Promise<ApiKeyPage> {
    const query = { ConsistentRead: true, after: after ?? undefined };
    const { items, next } = await answered(() => this.#client.query(keysPartition(this.#gateway), query));
    return { keys: items.flatMap(keyIn), next };
  }

  #item(id: string): Promise<Item | undefined> {
    return answered(() => this.#client.get(itemKeyOf(this.#gateway, id), { consistent: true }));
  }
}

/** Skips a damaged item and logs it, so that a list still shows the other keys. */
function keyIn(item: Item): readonly StoredApiKey[] {
  try {
    return [decodeApiKeyItem(item)];
  } catch (error) {
    writeLine({ message: 'item skipped: it is no key', id: item[TABLE.sortKey]?.S, error: describeError(error) });
    return [];
  }
}
