import { holdsToken } from '../holds-token.ts';
import { printable } from '../printable.ts';
import { isPlain, MAX_NAME_LENGTH } from '../rule-name.ts';
import { RULE_KINDS, type RuleKind } from './operator-rule.ts';

const SHOWN_CHARS = 40;

export interface RuleId {
  readonly kind: RuleKind;
  readonly name: string;
}

/** An invalid id or another invalid part of an operation. The message never quotes a token. */
export class InvalidOperationError extends Error {
  readonly code = 'invalid_operation';

  constructor(message: string) {
    super(message);
    this.name = 'InvalidOperationError';
  }
}

/**
 * The subject of a rule: `sub:alice`, `token:<jti>`, `tenant:acme`, `key:4fzN9qXw2LbC`, `ip:192.0.2.1`, `plan:pro`.
 *
 * @throws InvalidOperationError saying the value, the rule and the fix
 */
export function parseRuleId(id: string): RuleId {
  const colon = id.indexOf(':');
  const kind = RULE_KINDS.find((one) => one === id.slice(0, colon));
  if (holdsToken(id)) throw tokenGiven('an id');
  if (colon === -1 || kind === undefined) {
    throw new InvalidOperationError(
      `an id must be kind:name with a kind of ${RULE_KINDS.join(', ')}, got ${quote(id)}: write one like sub:alice`,
    );
  }
  const name = id.slice(colon + 1);
  if (name === '' || name.length > MAX_NAME_LENGTH) {
    throw new InvalidOperationError(
      `the name in an id must have 1 to ${MAX_NAME_LENGTH} characters, got ${name.length} in ${quote(id)}: longer claims are no client's`,
    );
  }
  checkText('an id', id, 'give the claim as the token has it, or name the token or the tenant');
  return { kind, name };
}

/** @throws InvalidOperationError for text that is not well-formed or holds control characters */
export function checkText(what: string, text: string, fix: string): void {
  if (isPlain(text)) return;
  throw new InvalidOperationError(
    `${what} must be well-formed Unicode without control characters, got ${quote(text)}: ${fix}`,
  );
}

export function tokenGiven(what: string): InvalidOperationError {
  return new InvalidOperationError(
    `${what} must not hold a token or an API key, got one: name a token by its jti claim, token:<jti>, or its subject, sub:<sub>, and a key by its id, key:<id>`,
  );
}

/** At most 40 characters, escaped so that the message is one printable line. */
export function quote(text: string): string {
  return printable(JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text));
}

/** A JSON value: the text `"5"` is shown unlike the number `5`. */
export function quoteValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}
