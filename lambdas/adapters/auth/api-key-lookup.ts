import { keysPartition, TABLE } from '../../contract/table.ts';
import { describeError, writeLine } from '../log.ts';
import type { TableClient } from '../table/signed-table.ts';
import { NO_ANSWER, within } from '../within.ts';
import { decodeApiKeyItem, KEY_ITEM, type StoredApiKey } from './api-key-item.ts';

const WRITE_WAIT_MS = 200;
/** A key that was deleted meanwhile must not come back as an item that has nothing but its last use. */
const EXISTS = `attribute_exists(${TABLE.partitionKey})`;

/** API keys as the authorizer needs them: read one, and note that it was used. */
export class ApiKeyLookup {
  readonly #client: Pick<TableClient, 'get' | 'set'>;
  readonly #partition: string;

  constructor(client: Pick<TableClient, 'get' | 'set'>, gateway: string) {
    this.#client = client;
    this.#partition = keysPartition(gateway);
  }

  /** Undefined: there is none. @throws TableCallFailed, or DecodeError for an item that is no key */
  async find(id: string): Promise<StoredApiKey | undefined> {
    // A key may be used in the very moment in which it was made.
    const item = await this.#client.get({ partition: this.#partition, sort: id }, { consistent: true });
    return item === undefined ? undefined : decodeApiKeyItem(item);
  }

  /** Never rejects, and takes 200 ms at most: that a key was used is worth no request. */
  async used(id: string, nowMs: number): Promise<void> {
    try {
      const key = { partition: this.#partition, sort: id };
      const written = this.#client.set(key, KEY_ITEM.lastUsed, { N: String(nowMs) }, { expression: EXISTS });
      const answer = await within(WRITE_WAIT_MS, written);
      if (answer === NO_ANSWER) throw new Error(`no answer within ${WRITE_WAIT_MS} ms`);
    } catch (error) {
      writeLine({ message: 'use of an API key not noted', key: id, error: describeError(error) });
    }
  }
}
