import { hash } from 'node:crypto';
import { DecodeError, integer, object, string } from '../../contract/decode.ts';
import { decodeRule, type Rule } from '../../contract/limits/operator-rule.ts';
import { TABLE } from '../../contract/table.ts';
import { endOf, isEmpty } from '../../core/limits/rule-matching.ts';
import { describeError, writeLine } from '../log.ts';
import type { Item } from '../table/table-client.ts';

/** DynamoDB's limit on a sort key. */
const MAX_SORT_KEY_BYTES = 1024;
/**
 * How long the item is kept after the end of a rule that was never changed, as most are: a token is revoked once. Copies in
 * Redis know the end and observe it without the table. A copy that is rebuilt each minute loses the rule within this hour.
 * A copy that was not rebuilt for as long is searched for rules that have ended (`SEARCHED_AFTER_MS`).
 */
export const ENDED_KEPT_MS = 3_600_000;
/**
 * How long the item of a changed rule is kept. A copy in Redis may still hold the earlier rule, and the item corrects it.
 * Such a copy expires two days after it was last rebuilt (`COPY_EXPIRY_MS`), so the item must be kept longer.
 */
const CHANGED_KEPT_MS = 3 * 86_400_000;

/** Holds until the item has expired. DynamoDB may take days to delete it afterwards. */
export const NOT_EXPIRED = `attribute_not_exists(${TABLE.ttl}) OR ${TABLE.ttl} > :nowS`;
/** Holds for a rule that is in force. */
export const STANDS = 'attribute_not_exists(endsAt) OR endsAt > :nowS';

/** The id, or its digest when the id is too long. No id looks like a digest, because `sha256` is no kind of subject. */
export function sortKeyOf(id: string): string {
  return Buffer.byteLength(id) <= MAX_SORT_KEY_BYTES ? id : `sha256:${hash('sha256', id)}`;
}

/**
 * Id, version, reason and end are also attributes of their own: for filters, and for people who look into the table.
 *
 * @param previous the rule that the item replaces
 */
export function encodeItem(rule: Rule, previous: Rule): Item {
  const endMs = endOf(rule);
  return {
    id: { S: rule.id },
    version: { N: String(rule.version) },
    rule: { S: JSON.stringify(rule) },
    reason: { S: rule.reason },
    ...(endMs !== undefined && { endsAt: seconds(endMs), [TABLE.ttl]: seconds(endMs + keptMs(rule, previous)) }),
  };
}

/** How long the item is kept after the rule has ended. */
function keptMs(next: Rule, previous: Rule): number {
  const isOnly = previous.version === 0 && !isEmpty(next);
  return isOnly ? ENDED_KEPT_MS : CHANGED_KEPT_MS;
}

function seconds(ms: number): { readonly N: string } {
  return { N: String(Math.ceil(ms / 1000)) };
}

/** Undefined, with a log line, for an item that somebody edited into something else: the other rules must still be read. */
export function ruleOf(item: Item): Rule | undefined {
  try {
    return decodeItem(item);
  } catch (error) {
    writeLine({ message: 'item skipped: it is no rule', id: item['id']?.S, error: describeError(error) });
    return undefined;
  }
}

const attributes = object({ version: object({ N: string }), rule: object({ S: string }) });

/**
 * The item's version must be the rule's. Writers set their condition on the item's, and would otherwise lose changes.
 *
 * @throws DecodeError
 */
export function decodeItem(item: Item): Rule {
  const { version, rule: json } = attributes(item, 'item');
  const rule = decodeRule(json.S);
  if (rule.version < 1 || integer(Number(version.N), 'item.version') !== rule.version) {
    throw new DecodeError('item.version', `the rule's, ${rule.version}, and at least 1`, version.N);
  }
  return rule;
}
