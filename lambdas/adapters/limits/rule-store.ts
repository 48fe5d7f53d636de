import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Rule } from '../../contract/limits/operator-rule.ts';
import { rulesPartition, TABLE } from '../../contract/table.ts';
import { MAX_RULES, withinMaxRules } from '../../core/limits/max-rules.ts';
import { noRule } from '../../core/limits/rule-matching.ts';
import { describeError, writeLine } from '../log.ts';
import { decodeItem, encodeItem, NOT_EXPIRED, ruleOf, STANDS, sortKeyOf } from './rule-item.ts';

/** A list ends here, whatever its rules say. */
const MAX_READ = 2 * MAX_RULES;

/** Holds only while nobody has changed the rule since it was read. */
const UNCHANGED = '#version = :expected';
/** Holds for a subject of whom nothing was ever said, or nothing for so long that its item has expired. */
const NOTHING_SAID = `attribute_not_exists(${TABLE.partitionKey})`;

/** The table gave no answer, or one that is an error: what was asked for may be done or not. */
export class TableUnavailable extends Error {
  readonly code = 'table_unavailable';

  constructor(cause: unknown) {
    super(`the table does not answer (${describeError(cause)})`, { cause });
    this.name = 'TableUnavailable';
  }
}

/** A part of the gateway's rules, in no order that means anything. */
export interface RulePage {
  readonly rules: readonly Rule[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

type PageQuery = Pick<QueryCommandInput, 'ConsistentRead' | 'Select'> & { readonly after: string | undefined };

/** The rules of one gateway's operators in DynamoDB: what is true of them. */
export class RuleStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #partition: string;
  readonly #clock: () => number;

  /** @param clock epoch milliseconds */
  constructor(client: DynamoDBClient, table: string, gateway: string, clock: () => number = Date.now) {
    this.#client = client;
    this.#table = table;
    this.#partition = rulesPartition(gateway);
    this.#clock = clock;
  }

  /**
   * The newest rule of that id; one of version 0 where there is none.
   *
   * @throws TableUnavailable, or DecodeError for an item that is no rule
   */
  async read(id: string): Promise<Rule> {
    const item = await this.#item(id);
    return item === undefined ? noRule(id) : decodeItem(item);
  }

  /**
   * Stores `next` where `previous` still stands.
   *
   * @returns the rule that stands afterwards: `next` itself, or what another writer put there first
   * @throws TableUnavailable
   */
  async write(next: Rule, previous: Rule): Promise<Rule> {
    const writeId = randomUUID();
    try {
      const put = new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...this.#key(sortKeyOf(next.id)),
          ...encodeItem(next, previous),
          writeId: { S: writeId },
        },
        ...(previous.version === 0
          ? { ConditionExpression: NOTHING_SAID }
          : {
              ConditionExpression: UNCHANGED,
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':expected': { N: String(previous.version) } },
            }),
      });
      await this.#answered(() => this.#client.send(put));
      return next;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    // Where the answer to a write is lost, the SDK sends it again, and it then fails on its own success.
    const item = await this.#item(next.id);
    if (item === undefined) return noRule(next.id);
    return item['writeId']?.S === writeId ? next : decodeItem(item);
  }

  /**
   * All rules, those that have ended or were taken back and are not yet expired included. Of more than 20,000 that say
   * something the revocations come first; what is left out is told in the log.
   *
   * @param consistent whether the newest must be seen: a read of twice the price
   * @throws as `read`
   */
  async list({ consistent = false } = {}): Promise<readonly Rule[]> {
    const rules: Rule[] = [];
    let after: string | undefined;
    do {
      const page = await this.page({ after, consistent });
      rules.push(...page.rules);
      after = page.next;
    } while (after !== undefined && rules.length < MAX_READ);
    const kept = withinMaxRules(rules, this.#clock());
    if (kept.length < rules.length || after !== undefined) logBound(rules.length - kept.length, after);
    return kept;
  }

  /** Up to 1 MB of rules from behind `after` on. @throws as `read` */
  async page({
    after,
    consistent = false,
  }: {
    readonly after?: string | undefined;
    readonly consistent?: boolean;
  }): Promise<RulePage> {
    const { Items = [], LastEvaluatedKey } = await this.#query({ after, ConsistentRead: consistent }, NOT_EXPIRED);
    return { rules: Items.flatMap((item) => ruleOf(item) ?? []), next: LastEvaluatedKey?.[TABLE.sortKey]?.S };
  }

  /** How many rules say something. It costs as much as to read them. @throws as `read` */
  async count(): Promise<number> {
    let count = 0;
    let after: string | undefined;
    do {
      const { Count = 0, LastEvaluatedKey } = await this.#query({ after, Select: 'COUNT' }, STANDS);
      count += Count;
      after = LastEvaluatedKey?.[TABLE.sortKey]?.S;
    } while (after !== undefined);
    return count;
  }

  #query({ after, ...input }: PageQuery, filter: string): Promise<QueryCommandOutput> {
    const nowS = Math.floor(this.#clock() / 1000);
    return this.#answered(() =>
      this.#client.send(
        new QueryCommand({
          ...input,
          TableName: this.#table,
          KeyConditionExpression: `${TABLE.partitionKey} = :partition`,
          FilterExpression: filter,
          ExpressionAttributeValues: { ':partition': { S: this.#partition }, ':nowS': { N: String(nowS) } },
          ...(after !== undefined && { ExclusiveStartKey: this.#key(after) }),
        }),
      ),
    );
  }

  async #item(id: string): Promise<Record<string, AttributeValue> | undefined> {
    const Key = this.#key(sortKeyOf(id));
    const { Item } = await this.#answered(() =>
      this.#client.send(new GetItemCommand({ TableName: this.#table, Key, ConsistentRead: true })),
    );
    return Item;
  }

  /** The answer to a call of the SDK. @throws TableUnavailable, or as it is what a condition refused */
  async #answered<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw error instanceof ConditionalCheckFailedException ? error : new TableUnavailable(error);
    }
  }

  #key(sortKey: string): Record<string, AttributeValue> {
    return { [TABLE.partitionKey]: { S: this.#partition }, [TABLE.sortKey]: { S: sortKey } };
  }
}

function logBound(leftOut: number, after: string | undefined): void {
  writeLine({
    message: `a gateway may have at most ${MAX_RULES} rules, has more: give revocations an end, and revoke subjects or tenants instead of single tokens`,
    left_out: leftOut,
    ...(after !== undefined && { not_read_after: after }),
  });
}
