import { randomUUID } from 'node:crypto';
import type { Rule } from '../../contract/limits/operator-rule.ts';
import { rulesPartition, TABLE } from '../../contract/table.ts';
import { MAX_RULES, withinMaxRules } from '../../core/limits/max-rules.ts';
import { noRule } from '../../core/limits/rule-matching.ts';
import { writeLine } from '../log.ts';
import type { Condition, Item, ItemKey, Page, PageQuery, TableClient } from '../table/table-client.ts';
import { answered } from '../table/table-unavailable.ts';
import { decodeItem, encodeItem, NOT_EXPIRED, ruleOf, STANDS, sortKeyOf } from './rule-item.ts';

/** A list ends after this many rules, ended ones included. */
const MAX_READ = 2 * MAX_RULES;

/** Holds for a subject that has no item: it never had a rule, or the item of its rule has expired. */
const NO_ITEM: Condition = { expression: `attribute_not_exists(${TABLE.partitionKey})` };

/** Some of the gateway's rules, in no particular order. */
export interface RulePage {
  readonly rules: readonly Rule[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

/** The rules of one gateway's operators in DynamoDB. */
export class RuleStore {
  readonly #client: TableClient;
  readonly #partition: string;
  readonly #clock: () => number;

  /** @param clock epoch milliseconds */
  constructor(client: TableClient, gateway: string, clock: () => number = Date.now) {
    this.#client = client;
    this.#partition = rulesPartition(gateway);
    this.#clock = clock;
  }

  /**
   * @returns the newest rule with this id; one of version 0 when there is none
   * @throws TableUnavailable, or DecodeError for an item that is no rule
   */
  async read(id: string): Promise<Rule> {
    const item = await this.#item(id);
    return item === undefined ? noRule(id) : decodeItem(item);
  }

  /**
   * Stores `next` if the table still holds `previous`.
   *
   * @returns the rule in the table afterwards: `next` itself, or what another writer stored first
   * @throws TableUnavailable, or DecodeError for an item that is no rule
   */
  async write(next: Rule, previous: Rule): Promise<Rule> {
    const writeId = randomUUID();
    const attributes = { ...encodeItem(next, previous), writeId: { S: writeId } };
    const condition = previous.version === 0 ? NO_ITEM : versionIs(previous.version);
    if (await answered(() => this.#client.put(this.#key(next.id), attributes, condition))) return next;
    // When the answer to a write is lost, the client sends the write again. Its own first write then fails the condition.
    const item = await this.#item(next.id);
    if (item === undefined) return noRule(next.id);
    return item['writeId']?.S === writeId ? next : decodeItem(item);
  }

  /**
   * All rules whose items have not expired, also those that have ended or were taken back. When more than 20,000 are in
   * force, revocations come first, and a log line says how many are left out.
   *
   * @param consistent whether the newest must be seen: such a read costs twice as much
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

  /** Up to 1 MB of rules after `after`. @throws as `read` */
  async page({ after, consistent = false }: { after?: string | undefined; consistent?: boolean }): Promise<RulePage> {
    const { items, next } = await this.#query({ after, ConsistentRead: consistent, FilterExpression: NOT_EXPIRED });
    return { rules: items.flatMap((item) => ruleOf(item) ?? []), next };
  }

  /** How many rules are in force. It costs as much as reading them. @throws as `read` */
  async count(): Promise<number> {
    let total = 0;
    let after: string | undefined;
    do {
      const { count, next } = await this.#query({ after, Select: 'COUNT', FilterExpression: STANDS });
      total += count;
      after = next;
    } while (after !== undefined);
    return total;
  }

  #query(query: PageQuery): Promise<Page> {
    const values = { ':nowS': { N: String(Math.floor(this.#clock() / 1000)) } };
    return answered(() => this.#client.query(this.#partition, { ...query, values }));
  }

  #item(id: string): Promise<Item | undefined> {
    return answered(() => this.#client.get(this.#key(id), { consistent: true }));
  }

  #key(id: string): ItemKey {
    return { partition: this.#partition, sort: sortKeyOf(id) };
  }
}

/** Holds only while no other writer has changed the rule since it was read. */
function versionIs(version: number): Condition {
  return {
    expression: '#version = :expected',
    names: { '#version': 'version' },
    values: { ':expected': { N: String(version) } },
  };
}

function logBound(leftOut: number, after: string | undefined): void {
  writeLine({
    message: `a gateway may have at most ${MAX_RULES} rules, has more: give revocations an end, and revoke subjects or tenants instead of single tokens`,
    left_out: leftOut,
    ...(after !== undefined && { not_read_after: after }),
  });
}
