import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DecodeError, type Decoder, integer, member, object, string } from '../contract/decode.ts';
import { CIRCUIT_STATE_SORT_KEY, circuitHistorySortKey, circuitPartition, TABLE } from '../contract/table.ts';
import { type CircuitState, INITIAL_CIRCUIT } from '../core/circuit.ts';

/** How long a transition stays in the history. */
const HISTORY_DAYS = 90;

/** Holds only while nobody has moved the circuit since it was read. */
const UNMOVED = '#version = :expected';
/** Holds for a circuit that never moved: it has no item yet. */
const NEVER_MOVED = `attribute_not_exists(${TABLE.partitionKey})`;

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
    return item === undefined ? INITIAL_CIRCUIT : decodeCircuit(item);
  }

  /**
   * Stores `next` where `previous` still stands.
   *
   * @returns the state that stands afterwards: `next` itself, or what another writer put there first
   * @throws when DynamoDB does not answer
   */
  async replace(previous: CircuitState, next: CircuitState): Promise<CircuitState> {
    const writeId = randomUUID();
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: { ...this.#key(CIRCUIT_STATE_SORT_KEY), ...encodeCircuit(next), writeId: { S: writeId } },
          ...(previous.version === 0
            ? { ConditionExpression: NEVER_MOVED }
            : {
                ConditionExpression: UNMOVED,
                ExpressionAttributeNames: { '#version': 'version' },
                ExpressionAttributeValues: { ':expected': { N: String(previous.version) } },
              }),
        }),
      );
      return next;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    // Where the answer to a write is lost, the SDK sends it again, and it then fails on its own success.
    const item = await this.#item(true);
    if (item === undefined) return INITIAL_CIRCUIT;
    return item['writeId']?.S === writeId ? next : decodeCircuit(item);
  }

  /** Puts a transition into the history. @throws when DynamoDB does not answer */
  async remember(next: CircuitState, nowMs: number): Promise<void> {
    const expiresAt = Math.floor(nowMs / 1000) + HISTORY_DAYS * 86_400;
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...this.#key(circuitHistorySortKey(next.version)),
          ...encodeCircuit(next),
          atMs: { N: String(nowMs) },
          [TABLE.ttl]: { N: String(expiresAt) },
        },
      }),
    );
  }

  async #item(consistent: boolean): Promise<Record<string, AttributeValue> | undefined> {
    const key = this.#key(CIRCUIT_STATE_SORT_KEY);
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: key, ConsistentRead: consistent }),
    );
    return Item;
  }

  #key(sortKey: string): Record<string, AttributeValue> {
    return { [TABLE.partitionKey]: { S: this.#partition }, [TABLE.sortKey]: { S: sortKey } };
  }
}

function encodeCircuit(circuit: CircuitState): Record<string, AttributeValue> {
  const attributes = Object.entries(circuit).map(([name, value]) => [
    name,
    typeof value === 'number' ? { N: String(value) } : { S: value },
  ]);
  return Object.fromEntries(attributes);
}

function decodeCircuit(item: Record<string, AttributeValue>): CircuitState {
  const plain = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, scalar(value)]));
  const { state } = object({ state: member(['closed', 'open', 'half-open'] as const) })(plain, 'circuit');
  const opened = {
    version: storedVersion,
    openedAtMs: integer,
    source: member(['outcomes', 'alarm', 'operator'] as const),
    reason: string,
  };
  switch (state) {
    case 'closed':
      return { state, ...object({ version: storedVersion, closedAtMs: integer })(plain, 'circuit') };
    case 'open':
      return { state, ...object({ ...opened, retryAtMs: integer })(plain, 'circuit') };
    case 'half-open':
      return { state, ...object({ ...opened, probeLeaseUntilMs: integer })(plain, 'circuit') };
  }
}

/** An item exists once its circuit has moved. With version 0 it could never move again: see `NEVER_MOVED`. */
const storedVersion: Decoder<number> = (value, path) => {
  const version = integer(value, path);
  if (version < 1) throw new DecodeError(path, 'at least 1', version);
  return version;
};

/** A string or a number; what else people add to an item by hand is no field of a circuit. */
function scalar(value: AttributeValue): unknown {
  return value.N === undefined ? value.S : Number(value.N);
}
