import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { TABLE } from '../../contract/table.ts';

export type Item = Readonly<Record<string, AttributeValue>>;

export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
}

export interface PageQuery
  extends Pick<QueryCommandInput, 'ConsistentRead' | 'FilterExpression' | 'Limit' | 'ScanIndexForward' | 'Select'> {
  /** Only items whose sort key begins with this. */
  readonly prefix?: string;
  /** The sort key behind which the page begins. */
  readonly after?: string | undefined;
  /** Values of the filter. */
  readonly values?: Item;
}

/** At most 1 MB of items. */
export interface Page {
  readonly items: readonly Item[];
  readonly count: number;
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

export type Operation = 'GetItem' | 'PutItem' | 'UpdateItem' | 'Query';

/** The parts of DynamoDB's answers that the client reads. */
export interface Answer {
  readonly Item?: Item | undefined;
  readonly Items?: readonly Item[] | undefined;
  readonly Count?: number | undefined;
  readonly LastEvaluatedKey?: Item | undefined;
}

/**
 * Makes one call of DynamoDB. The input is DynamoDB's JSON, which is also the input of the SDK's command.
 *
 * There are two senders, because the SDK's client makes a cold start 36 to 60 ms longer and signed requests of our own
 * make it 6 ms longer:
 * - `signed-table.ts` signs its requests. Clients wait for the authorizer and the proxy function, so these two use it.
 * - `dynamodb.ts` is the SDK. Operators, the widget and alarms do not notice 60 ms. Their functions get what the SDK does
 *   besides: it pauses between attempts, corrects the clock and knows the endpoints of all partitions.
 *
 * See decision 0029.
 *
 * @returns undefined: the condition of the call does not hold
 * @throws for every other error, and when no answer comes
 */
export type Send = (operation: Operation, input: object) => Promise<Answer | undefined>;

/** The gateway's table. Each method throws what the sender throws. */
export class TableClient {
  readonly #table: string;
  readonly #send: Send;

  constructor(table: string, send: Send) {
    this.#table = table;
    this.#send = send;
  }

  /** @param consistent whether the newest item must be seen: such a read costs twice as much */
  async get(key: ItemKey, { consistent = false } = {}): Promise<Item | undefined> {
    const answer = await this.#call('GetItem', { Key: keyAttributes(key), ConsistentRead: consistent });
    return answer?.Item;
  }

  /** @returns false: the condition does not hold, and nothing was written */
  async put(key: ItemKey, attributes: Item, condition?: Condition): Promise<boolean> {
    return this.#write('PutItem', { Item: { ...keyAttributes(key), ...attributes } }, condition);
  }

  /** @param expression may use the names and values of the condition. @returns as `put` */
  async update(key: ItemKey, expression: string, condition: Condition): Promise<boolean> {
    return this.#write('UpdateItem', { Key: keyAttributes(key), UpdateExpression: expression }, condition);
  }

  async query(partition: string, { prefix, after, values, ...input }: PageQuery): Promise<Page> {
    const ofPartition = `${TABLE.partitionKey} = :partition`;
    const answer = await this.#call('Query', {
      ...input,
      KeyConditionExpression:
        prefix === undefined ? ofPartition : `${ofPartition} AND begins_with(${TABLE.sortKey}, :prefix)`,
      ExpressionAttributeValues: {
        ':partition': { S: partition },
        ...(prefix !== undefined && { ':prefix': { S: prefix } }),
        ...values,
      },
      ...(after !== undefined && { ExclusiveStartKey: keyAttributes({ partition, sort: after }) }),
    });
    const { Items = [], Count = 0, LastEvaluatedKey } = answer ?? {};
    return { items: Items, count: Count, next: LastEvaluatedKey?.[TABLE.sortKey]?.S };
  }

  async #write(operation: Operation, input: object, condition?: Condition): Promise<boolean> {
    const { expression, names, values } = condition ?? {};
    const answer = await this.#call(operation, {
      ...input,
      ...(expression && { ConditionExpression: expression }),
      ...(names && { ExpressionAttributeNames: names }),
      ...(values && { ExpressionAttributeValues: values }),
    });
    return answer !== undefined;
  }

  #call(operation: Operation, input: object): Promise<Answer | undefined> {
    return this.#send(operation, { TableName: this.#table, ...input });
  }
}

export function keyAttributes({ partition, sort }: ItemKey): Item {
  return { [TABLE.partitionKey]: { S: partition }, [TABLE.sortKey]: { S: sort } };
}
