import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ApiKey } from '../../contract/auth/api-key.ts';
import { keysPartition, TABLE } from '../../contract/table.ts';
import { TableUnavailable } from '../limits/rule-store.ts';
import { describeError, writeLine } from '../log.ts';
import { decodeApiKeyItem, encodeApiKeyItem, KEY_ITEM, keyOfItem, type StoredApiKey } from './api-key-item.ts';

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
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #gateway: string;

  constructor(client: DynamoDBClient, table: string, gateway: string) {
    this.#client = client;
    this.#table = table;
    this.#gateway = gateway;
  }

  /** Undefined: no key has this id. @throws TableUnavailable, or DecodeError for an item that is no key */
  async read(id: string): Promise<StoredApiKey | undefined> {
    const item = await this.#item(id);
    return item === undefined ? undefined : decodeApiKeyItem(item);
  }

  /**
   * Stores `next` where `previous` still stands, or where there is no such key yet. When it was last used stays as it is.
   *
   * @returns false: another one was there first
   * @throws TableUnavailable
   */
  async write(next: ApiKey, previous: ApiKey | undefined): Promise<boolean> {
    const item = encodeApiKeyItem(next);
    const attributes = Object.entries(item);
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: this.#key(next.id),
      UpdateExpression: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      ConditionExpression: previous === undefined ? NEW : UNCHANGED,
      ExpressionAttributeNames: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(attributes.map(([name, value]): [string, AttributeValue] => [`:${name}`, value])),
        ...(previous !== undefined && { ':expected': { N: String(previous.version) } }),
      },
    });
    try {
      await answered(() => this.#client.send(command));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    // Where the answer to a write is lost, the SDK sends it again, and it then fails on its own success.
    const standing = await this.#item(next.id);
    return isDeepStrictEqual(standing?.[KEY_ITEM.key], item[KEY_ITEM.key]);
  }

  /** Up to 1 MB of keys from behind `after` on. @throws as `read` */
  async page(after: string | null): Promise<ApiKeyPage> {
    const command = new QueryCommand({
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: `${TABLE.partitionKey} = :partition`,
      ExpressionAttributeValues: { ':partition': { S: keysPartition(this.#gateway) } },
      ...(after !== null && { ExclusiveStartKey: this.#key(after) }),
    });
    const { Items = [], LastEvaluatedKey } = await answered(() => this.#client.send(command));
    return { keys: Items.flatMap(keyIn), next: LastEvaluatedKey?.[TABLE.sortKey]?.S };
  }

  async #item(id: string): Promise<Record<string, AttributeValue> | undefined> {
    const command = new GetItemCommand({ TableName: this.#table, Key: this.#key(id), ConsistentRead: true });
    return (await answered(() => this.#client.send(command))).Item;
  }

  #key(id: string): Record<string, AttributeValue> {
    return { ...keyOfItem(this.#gateway, id) };
  }
}

/** Skips a damaged item and logs it, so that a list still shows the other keys. */
function keyIn(item: Record<string, AttributeValue>): readonly StoredApiKey[] {
  try {
    return [decodeApiKeyItem(item)];
  } catch (error) {
    writeLine({ message: 'item skipped: it is no key', id: item[TABLE.sortKey]?.S, error: describeError(error) });
    return [];
  }
}

/** The answer to a call of the SDK. @throws TableUnavailable, or as it is what a condition refused */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof ConditionalCheckFailedException ? error : new TableUnavailable(error);
  }
}
