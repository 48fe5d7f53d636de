import { hash, randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { DecodeError, integer, object, string } from '../contract/decode.ts';
import { decodeRule, type Rule } from '../contract/rules.ts';
import { rulesPartition, TABLE } from '../contract/table.ts';
import { endOf, noRule } from '../core/rules.ts';
import { describeError, writeLine } from './log.ts';

/** DynamoDB's limit on a sort key. */
const MAX_SORT_KEY_BYTES = 1024;
/**
 * How long a rule that says nothing more is kept: longer than its copies last without being made anew, so that none of
 * them outlives it.
 */
const KEPT_DAYS = 3;
/** More would take an environment seconds to read, each minute. */
const MAX_RULES = 20_000;

/** Holds only while nobody has changed the rule since it was read. */
const UNCHANGED = '#version = :expected';
/** Holds for a subject of whom nothing was ever said, or nothing for so long that its item has expired. */
const NOTHING_SAID = `attribute_not_exists(${TABLE.partitionKey})`;

/** A part of the gateway's rules, in no order that means anything. */
export interface RulePage {
  readonly rules: readonly Rule[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

/** The rules of one gateway's operators in DynamoDB: what is true of them. */
export class RuleStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #partition: string;

  constructor(client: DynamoDBClient, table: string, gateway: string) {
    this.#client = client;
    this.#table = table;
    this.#partition = rulesPartition(gateway);
  }

  /**
   * The newest rule of that id; one of version 0 where there is none.
   *
   * @throws when DynamoDB does not answer, or DecodeError for an item that is no rule
   */
  async read(id: string): Promise<Rule> {
    const item = await this.#item(id);
    return item === undefined ? noRule(id) : decodeItem(item);
  }

  /**
   * Stores `next` where `previous` still stands.
   *
   * @returns the rule that stands afterwards: `next` itself, or what another writer put there first
   * @throws when DynamoDB does not answer
   */
  async write(next: Rule, previous: Rule): Promise<Rule> {
    const writeId = randomUUID();
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: { ...this.#key(sortKeyOf(next.id)), ...encodeItem(next), writeId: { S: writeId } },
          ...(previous.version === 0
            ? { ConditionExpression: NOTHING_SAID }
            : {
                ConditionExpression: UNCHANGED,
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
    const item = await this.#item(next.id);
    if (item === undefined) return noRule(next.id);
    return item['writeId']?.S === writeId ? next : decodeItem(item);
  }

  /**
   * All rules, those that have ended and are not yet deleted included.
   *
   * @param consistent whether the newest must be seen: a read of twice the price
   * @throws when there are more than 20,000, or as `read`
   */
  async list({ consistent = false } = {}): Promise<readonly Rule[]> {
    const rules: Rule[] = [];
    let after: string | undefined;
    do {
      const page = await this.page({ after, consistent });
      rules.push(...page.rules);
      after = page.next;
      if (rules.length > MAX_RULES) {
        throw new Error(
          `a gateway may have at most ${MAX_RULES} rules, got more: give revocations an end, and revoke subjects or tenants instead of single tokens`,
        );
      }
    } while (after !== undefined);
    return rules;
  }

  /** Up to 1 MB of rules from behind `after` on. @throws as `read` */
  async page({
    after,
    consistent = false,
  }: {
    readonly after?: string | undefined;
    readonly consistent?: boolean;
  }): Promise<RulePage> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: `${TABLE.partitionKey} = :partition`,
        ExpressionAttributeValues: { ':partition': { S: this.#partition } },
        ConsistentRead: consistent,
        ...(after !== undefined && { ExclusiveStartKey: this.#key(after) }),
      }),
    );
    return { rules: Items.flatMap(decodable), next: LastEvaluatedKey?.[TABLE.sortKey]?.S };
  }

  async #item(id: string): Promise<Record<string, AttributeValue> | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: this.#key(sortKeyOf(id)), ConsistentRead: true }),
    );
    return Item;
  }

  #key(sortKey: string): Record<string, AttributeValue> {
    return { [TABLE.partitionKey]: { S: this.#partition }, [TABLE.sortKey]: { S: sortKey } };
  }
}

/** The id, or where it does not fit a digest of it, which no id looks like: `sha256:` is no kind. */
function sortKeyOf(id: string): string {
  return Buffer.byteLength(id) <= MAX_SORT_KEY_BYTES ? id : `sha256:${hash('sha256', id)}`;
}

/** Id, version and reason once more outside the JSON, for those who look into the table. */
function encodeItem(rule: Rule): Record<string, AttributeValue> {
  const endMs = endOf(rule);
  return {
    id: { S: rule.id },
    version: { N: String(rule.version) },
    rule: { S: JSON.stringify(rule) },
    reason: { S: rule.reason },
    ...(endMs !== undefined && { [TABLE.ttl]: { N: String(Math.ceil(endMs / 1000) + KEPT_DAYS * 86_400) } }),
  };
}

/** One item that people have spoilt by hand must not keep all other rules from those who ask for them. */
function decodable(item: Record<string, AttributeValue>): readonly Rule[] {
  try {
    return [decodeItem(item)];
  } catch (error) {
    writeLine({ message: 'item skipped: it is no rule', id: item['id']?.S, error: describeError(error) });
    return [];
  }
}

const attributes = object({ version: object({ N: string }), rule: object({ S: string }) });

/** Only what the version beside it belongs to is a rule: a condition on another one would let it be overwritten. */
function decodeItem(item: Record<string, AttributeValue>): Rule {
  const { version, rule: json } = attributes(item, 'item');
  const rule = decodeRule(json.S);
  if (rule.version < 1 || integer(Number(version.N), 'item.version') !== rule.version) {
    throw new DecodeError('item.version', `the rule's, ${rule.version}, and at least 1`, version.N);
  }
  return rule;
}
