import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type CircuitState, INITIAL_CIRCUIT } from '../../contract/circuit/circuit-state.ts';
import { DecodeError } from '../../contract/decode.ts';
import type { CircuitFacts } from '../../contract/operations/circuit-operations.ts';
import {
  CIRCUIT_HISTORY_PREFIX,
  CIRCUIT_STATE_SORT_KEY,
  circuitHistorySortKey,
  circuitPartition,
  TABLE,
} from '../../contract/table.ts';
import { decodeCircuitItem, encodeCircuitItem, type Item, versionOf } from './circuit-item.ts';

/** How long a transition stays in the history. */
const HISTORY_DAYS = 90;

type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;
/** Holds for a circuit that never moved: it has no item yet. */
const NEVER_MOVED: Condition = { ConditionExpression: `attribute_not_exists(${TABLE.partitionKey})` };
/** Holds only while nobody has put a circuit there: each has a number for its version. */
const NO_VERSION: Condition = {
  ConditionExpression: 'NOT attribute_type(#version, :number)',
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':number': { S: 'N' } },
};

/** A circuit, or what is wrong with the item that somebody edited into nonsense. */
type Inspected = Pick<CircuitFacts, 'circuit' | 'fault'>;

const WRITTEN = Symbol('written');

/** The circuit of one service in DynamoDB. */
export class CircuitStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #partition: string;

  constructor(client: DynamoDBClient, table: string, { gateway, service }: { gateway: string; service: string }) {
    this.#client = client;
    this.#table = table;
    this.#partition = circuitPartition(gateway, service);
  }

  /**
   * @param consistent whether the newest item must be seen: a read of twice the price
   * @throws when DynamoDB does not answer, or DecodeError for an item that is no circuit
   */
  async read({ consistent = false } = {}): Promise<CircuitState> {
    const item = await this.#item(consistent);
    return item === undefined ? INITIAL_CIRCUIT : decodeCircuitItem(item);
  }

  /** The circuit as it stands now, or what is wrong with its item. @throws when DynamoDB does not answer */
  async inspect(): Promise<Inspected> {
    return inspected(await this.#item(true));
  }

  /**
   * Stores `next` where `previous` still stands.
   *
   * @returns the state that stands afterwards: `next` itself, or what another writer put there first
   * @throws when DynamoDB does not answer, or DecodeError for an item that is no circuit
   */
  async replace(previous: CircuitState, next: CircuitState): Promise<CircuitState> {
    const unmoved = previous.version === 0 ? NEVER_MOVED : versionIs(String(previous.version));
    const standing = await this.#write(next, unmoved);
    if (standing === WRITTEN) return next;
    return standing === undefined ? INITIAL_CIRCUIT : decodeCircuitItem(standing);
  }

  /**
   * Puts a circuit in place of an item that is none: what nobody can read can be moved in no other way.
   *
   * @returns the circuit with the version that it was given, greater than the item's; undefined: another writer was first
   * @throws when DynamoDB does not answer
   */
  async overwrite(circuit: CircuitState): Promise<CircuitState | undefined> {
    const item = await this.#item(true);
    if (item === undefined || inspected(item).circuit !== null) return undefined;
    // Who was told a version may have been told a greater one before: seconds are more than any circuit's transitions.
    const version = versionOf(item) || Math.floor(circuit.atMs / 1000);
    const next = { ...circuit, version: version + 1 };
    const told = item['version']?.N;
    const standing = await this.#write(next, told === undefined ? NO_VERSION : versionIs(told));
    return standing === WRITTEN ? next : undefined;
  }

  /** Puts a transition into the history. @throws when DynamoDB does not answer */
  async remember(next: CircuitState): Promise<void> {
    const expiresAt = Math.floor(next.atMs / 1000) + HISTORY_DAYS * 86_400;
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...this.#key(circuitHistorySortKey(next.version)),
          ...encodeCircuitItem(next),
          [TABLE.ttl]: { N: String(expiresAt) },
        },
      }),
    );
  }

  /** The newest transitions, the newest first; an item that is none is left out. @throws when DynamoDB does not answer */
  async history(limit: number): Promise<readonly CircuitState[]> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: `${TABLE.partitionKey} = :partition AND begins_with(${TABLE.sortKey}, :history)`,
        ExpressionAttributeValues: { ':partition': { S: this.#partition }, ':history': { S: CIRCUIT_HISTORY_PREFIX } },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.flatMap((item) => inspected(item).circuit ?? []);
  }

  /** @returns `WRITTEN`, or what another writer has made of the item */
  async #write(circuit: CircuitState, condition: Condition): Promise<typeof WRITTEN | Item | undefined> {
    const writeId = randomUUID();
    const Item = { ...this.#key(CIRCUIT_STATE_SORT_KEY), ...encodeCircuitItem(circuit), writeId: { S: writeId } };
    try {
      await this.#client.send(new PutItemCommand({ TableName: this.#table, Item, ...condition }));
      return WRITTEN;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    // Where the answer to a write is lost, the SDK sends it again, and it then fails on its own success.
    const standing = await this.#item(true);
    return standing?.['writeId']?.S === writeId ? WRITTEN : standing;
  }

  async #item(consistent: boolean): Promise<Item | undefined> {
    const Key = this.#key(CIRCUIT_STATE_SORT_KEY);
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key, ConsistentRead: consistent }),
    );
    return Item;
  }

  #key(sortKey: string) {
    return { [TABLE.partitionKey]: { S: this.#partition }, [TABLE.sortKey]: { S: sortKey } };
  }
}

/** Holds only while nobody has moved the circuit since it was read. */
function versionIs(version: string): Condition {
  return {
    ConditionExpression: '#version = :expected',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':expected': { N: version } },
  };
}

function inspected(item: Item | undefined): Inspected {
  try {
    return { circuit: item === undefined ? INITIAL_CIRCUIT : decodeCircuitItem(item), fault: null };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { circuit: null, fault: error.message };
  }
}
