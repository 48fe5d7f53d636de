import { TABLE } from '../../contract/table.ts';
import { describeError, writeLine } from '../log.ts';
import type { TableClient } from '../table/table-client.ts';
import { NO_ANSWER, within } from '../within.ts';
import { decodeApiKeyItem, itemKeyOf, KEY_ITEM, type StoredApiKey } from './api-key-item.ts';

const WRITE_WAIT_MS = 200;
/** Without this condition, noting the use of a deleted key would make an item that holds nothing else. */
const EXISTS = `attribute_exists(${TABLE.partitionKey})`;

/** The authorizer's access to API keys: it reads one and notes that it was used. */
export class ApiKeyLookup {
  readonly #client: Pick<TableClient, 'get' | 'update'>;
  readonly #gateway: string;

  constructor(client: Pick<TableClient, 'get' | 'update'>, gateway: string) {
    this.#client = client;
    this.#gateway = gateway;
  }

  /** @returns undefined: no key has this id. @throws TableCallFailed, or DecodeError for an item that is no key */
  async find(id: string): Promise<StoredApiKey | undefined> {
    // Consistent, because a client may use its key right after the operator made it.
    const item = await this.#client.get(itemKeyOf(this.#gateway, id), { consistent: true });
    return item === undefined ? undefined : decodeApiKeyItem(item);
  }

  /** Never rejects and takes at most 200 ms: a request must not fail because its use of a key was not noted. */
  async used(id: string, nowMs: number): Promise<void> {
    try {
      const written = this.#client.update(itemKeyOf(this.#gateway, id), 'SET #lastUsed = :now', {
        expression: EXISTS,
        names: { '#lastUsed': KEY_ITEM.lastUsed },
        values: { ':now': { N: String(nowMs) } },
      });
      const answer = await within(WRITE_WAIT_MS, written);
      if (answer === NO_ANSWER) throw new Error(`no answer within ${WRITE_WAIT_MS} ms`);
    } catch (error) {
      writeLine({ message: 'use of an API key not noted', key: id, error: describeError(error) });
    }
  }
}
