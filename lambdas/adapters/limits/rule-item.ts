import { hash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DecodeError, integer, object, string } from '../../contract/decode.ts';
import { decodeRule, type Rule } from '../../contract/limits/operator-rule.ts';
import { TABLE } from '../../contract/table.ts';
import { endOf, isEmpty } from '../../core/limits/rule-matching.ts';
import { describeError, writeLine } from '../log.ts';

/** DynamoDB's limit on a sort key. */
const MAX_SORT_KEY_BYTES = 1024;
/**
 * How long the item is kept after a rule that nobody changed has ended by itself, as most do: a token is revoked once. Its
 * copies know the end and hold to it without the table; of one that is made anew each minute the rule is deleted in this
 * hour, and one that was not made anew for so long is searched for what has ended (`SEARCHED_AFTER_MS`).
 */
export const ENDED_KEPT_MS = 3_600_000;
/**
 * How long all others are kept: some copy may still hold what was taken back, or was to end later. Such a copy ends two
 * days after it was last made anew (`COPY_EXPIRY_MS`), and must not outlive the item that could put it right.
 */
const CHANGED_KEPT_MS = 3 * 86_400_000;

/** Holds until the item has expired, after which DynamoDB may take days to delete it. */
export const NOT_EXPIRED = `attribute_not_exists(${TABLE.ttl}) OR ${TABLE.ttl} > :nowS`;
/** Holds for a rule that says something. */
export const STANDS = 'attribute_not_exists(endsAt) OR endsAt > :nowS';

/** The id, or where it does not fit a digest of it, which no id looks like: `sha256:` is no kind. */
export function sortKeyOf(id: string): string {
  return Buffer.byteLength(id) <= MAX_SORT_KEY_BYTES ? id : `sha256:${hash('sha256', id)}`;
}

/**
 * Id, version, reason and end once more outside the JSON, for filters and for those who look into the table.
 *
 * @param previous what the item replaces
 */
export function encodeItem(rule: Rule, previous: Rule): Record<string, AttributeValue> {
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

function seconds(ms: number): AttributeValue {
  return { N: String(Math.ceil(ms / 1000)) };
}

/** Undefined, with a log line, for what people have spoilt by hand: it must not keep all other rules from those who ask. */
export function ruleOf(item: Record<string, AttributeValue>): Rule | undefined {
  try {
    return decodeItem(item);
  } catch (error) {
    writeLine({ message: 'item skipped: it is no rule', id: item['id']?.S, error: describeError(error) });
    return undefined;
  }
}

const attributes = object({ version: object({ N: string }), rule: object({ S: string }) });

/**
 * Only what the version beside it belongs to is a rule: a condition on another one would let it be overwritten.
 *
 * @throws DecodeError
 */
export function decodeItem(item: Record<string, AttributeValue>): Rule {
  const { version, rule: json } = attributes(item, 'item');
  const rule = decodeRule(json.S);
  if (rule.version < 1 || integer(Number(version.N), 'item.version') !== rule.version) {
    throw new DecodeError('item.version', `the rule's, ${rule.version}, and at least 1`, version.N);
  }
  return rule;
}
