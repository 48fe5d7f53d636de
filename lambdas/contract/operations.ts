import { array, boolean, DecodeError, type Decoder, member, nullable, object, string, withDefault } from './decode.ts';
import { LIMIT_BOUNDS } from './limit-bounds.ts';
import { checkText, holdsToken, InvalidOperationError, parseRuleId, quote, tokenGiven } from './rule-id.ts';
import { REVOCABLE_KINDS, RULE_KINDS, type Rule, type RuleKind, rule } from './rules.ts';

/** What an operator may ask of the operator function: its event. */
export type Operation = Revoke | Restore | SetLimit | List | Get;

export interface Revoke {
  readonly action: 'revoke';
  readonly id: string;
  /** Null: until it is restored. */
  readonly forMs: number | null;
  readonly reason: string;
}

export interface Restore {
  readonly action: 'restore';
  readonly id: string;
  readonly reason: string;
}

export interface SetLimit {
  readonly action: 'limit';
  readonly id: string;
  /** `client`, or of one service only `payments/client`. */
  readonly limit: string;
  /** Of a bucket its burst; null: as the stack has it. */
  readonly value: number | null;
  /** Of a bucket; null: as the stack has it. */
  readonly ratePerS: number | null;
  /** Null: until it is taken back. */
  readonly forMs: number | null;
  readonly reason: string;
}

/** A page of the rules that say something; the next one begins after `after`. */
export interface List {
  readonly action: 'list';
  readonly kind: RuleKind | null;
  readonly after: string | null;
}

export interface Get {
  readonly action: 'get';
  readonly id: string;
}

/** What the operator function answers. */
export type OperationResult = RuleResult | RulesResult | Failure;

export interface RuleResult {
  readonly ok: true;
  /** As it stands now; without a revocation and limits: nobody has said anything of the subject. */
  readonly rule: Rule;
  /** False: what was to be taken away was not there, or the operation only reads. */
  readonly changed: boolean;
  /** True: Redis has it, so it holds for the next request. */
  readonly pushed: boolean;
  /** What the operator should know besides. */
  readonly note: string | null;
}

export interface RulesResult {
  readonly ok: true;
  readonly rules: readonly Rule[];
  /** What to give as `after` for the next page; null: there is none. */
  readonly next: string | null;
}

export const OPERATION_ERRORS = ['invalid_operation', 'conflict', 'too_many_rules', 'store_unavailable'] as const;

export interface Failure {
  readonly ok: false;
  readonly error: {
    readonly code: (typeof OPERATION_ERRORS)[number];
    readonly message: string;
  };
}

const MAX_REASON_LENGTH = 256;
/** Ten years: what is longer is meant to have no end. */
const MAX_FOR_MS = 3650 * 86_400_000;
const MIN_FOR_MS = 1000;
/** Of the table; in bytes there, which are as many at least. */
const MAX_SORT_KEY_LENGTH = 1024;
/** A name of a limit as the stack gives it, after the name of a service where only that one's is meant. */
const LIMIT_NAME = /^(?:[a-z][a-z0-9-]{0,30}\/)?[a-z0-9][a-z0-9-]{0,39}$/;

const ACTIONS = ['revoke', 'restore', 'limit', 'list', 'get'] as const;
const HAS_ACTION = object({ action: member(ACTIONS) });

/** @throws InvalidOperationError saying the value, the rule and the fix */
export function decodeOperation(event: unknown): Operation {
  // Before anything else: messages quote what they are about, and are logged.
  if (holdsToken(JSON.stringify(event) ?? '')) throw tokenGiven('an operation');
  try {
    const { action } = HAS_ACTION(event, 'operation');
    return OPERATIONS[action](event, 'operation');
  } catch (error) {
    // A field of the wrong type is as much the caller's fault as a wrong value.
    if (error instanceof DecodeError) throw new InvalidOperationError(error.message);
    throw error;
  }
}

/** @throws DecodeError for what no operator function answers */
export function decodeOperationResult(value: unknown): OperationResult {
  const { ok } = object({ ok: boolean })(value, 'result');
  if (!ok) return { ok, ...failure(value, 'result') };
  return 'rules' in (value as object)
    ? { ok, ...rulesResult(value, 'result') }
    : { ok, ...ruleResult(value, 'result') };
}

const id: Decoder<string> = (value, path) => {
  const text = string(value, path);
  parseRuleId(text);
  return text;
};

const revocableId: Decoder<string> = (value, path) => {
  const text = id(value, path);
  if (!REVOCABLE_KINDS.includes(parseRuleId(text).kind)) {
    throw new InvalidOperationError(
      `only ${REVOCABLE_KINDS.join(', ')} can be revoked, got ${quote(text)}: give it a limit instead, or revoke who uses it`,
    );
  }
  return text;
};

const limitedId: Decoder<string> = (value, path) => {
  const text = id(value, path);
  const { kind, name } = parseRuleId(text);
  if (kind === 'ip' && name.includes('/')) {
    throw new InvalidOperationError(
      `an address must be one without a prefix length, got ${quote(text)}: write ip:192.0.2.1, or any address of an IPv6 /64 for all of it`,
    );
  }
  if (kind === 'token') {
    throw new InvalidOperationError(
      `a token has no limits of its own, got ${quote(text)}: set those of its subject, tenant or plan`,
    );
  }
  return text;
};

const reason: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (text.length > MAX_REASON_LENGTH) {
    throw new InvalidOperationError(
      `the reason must have at most ${MAX_REASON_LENGTH} characters, got ${text.length}: name the ticket that says more`,
    );
  }
  checkText('the reason', text, 'write it in one line');
  return text;
};

const givenReason: Decoder<string> = (value, path) => {
  const text = reason(value ?? '', path);
  if (text.trim() === '') {
    throw new InvalidOperationError(
      'a revocation must have a reason, got none: write it for whoever asks in a year, "left the company"',
    );
  }
  return text;
};

const forMs: Decoder<number> = (value) => {
  if (Number.isSafeInteger(value) && Number(value) >= MIN_FOR_MS && Number(value) <= MAX_FOR_MS) return Number(value);
  throw new InvalidOperationError(
    `forMs must be a whole number of ms from 1 s to 3650 days, got ${String(value)}: leave it out for no end`,
  );
};

const limitName: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (LIMIT_NAME.test(text)) return text;
  throw new InvalidOperationError(
    `the name of a limit must be lower-case letters, digits and hyphens, after its service and a slash where only that one is meant, got ${quote(text)}: write client or payments/client`,
  );
};

const limitValue: Decoder<number> = (value) => {
  const { min, max } = LIMIT_BOUNDS.units;
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new InvalidOperationError(
    `a limit must be a whole number from ${min} to ${max}, got ${String(value)}: revoke a subject to refuse all of its requests`,
  );
};

const ratePerS: Decoder<number> = (value) => {
  const { min, max } = LIMIT_BOUNDS.ratePerS;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new InvalidOperationError(
    `the rate of a bucket must be from one unit in 31 days to ${max} units a second, got ${String(value)}: leave it out to keep the stack's`,
  );
};

const sortKey: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (text.length >= 1 && text.length <= MAX_SORT_KEY_LENGTH) return text;
  throw new InvalidOperationError(`after must be what the page before gave as next, got ${quote(text)}`);
};

const duration = withDefault(nullable(forMs), null);
const optionalReason = withDefault(reason, '');
const OPERATIONS = {
  revoke: object({
    action: member(['revoke'] as const),
    id: revocableId,
    forMs: duration,
    reason: givenReason,
  }),
  // Any id: what was once revoked by hand in the table must be restorable.
  restore: object({ action: member(['restore'] as const), id, reason: optionalReason }),
  limit: object({
    action: member(['limit'] as const),
    id: limitedId,
    limit: limitName,
    value: nullable(limitValue),
    ratePerS: withDefault(nullable(ratePerS), null),
    forMs: duration,
    reason: optionalReason,
  }),
  list: object({
    action: member(['list'] as const),
    kind: withDefault(nullable(member(RULE_KINDS)), null),
    after: withDefault(nullable(sortKey), null),
  }),
  get: object({ action: member(['get'] as const), id }),
} satisfies { readonly [A in Operation['action']]: Decoder<Extract<Operation, { readonly action: A }>> };

const ruleResult = object({ rule, changed: boolean, pushed: boolean, note: nullable(string) });
const rulesResult = object({ rules: array(rule), next: nullable(string) });
const failure = object({ error: object({ code: member(OPERATION_ERRORS), message: string }) });
