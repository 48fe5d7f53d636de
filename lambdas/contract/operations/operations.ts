import { array, boolean, DecodeError, type Decoder, member, nullable, object, string, withDefault } from '../decode.ts';
import { holdsToken } from '../holds-token.ts';
import { RULE_KINDS, type Rule, type RuleKind, rule } from '../limits/operator-rule.ts';
import { InvalidOperationError, quote, tokenGiven } from '../limits/rule-id.ts';
import { printable } from '../printable.ts';
import {
  type CircuitOperation,
  type CircuitResult,
  type CircuitsResult,
  circuitOperations,
  circuitResult,
  circuitsResult,
} from './circuit-operations.ts';
import {
  type CreateKey,
  createKeyFields,
  type KeyResult,
  type KeysResult,
  keyResult,
  keysResult,
  type ListKeys,
  type RotateKey,
  rotateKeyFields,
} from './key-operations.ts';
import {
  id,
  limitedId,
  limitName,
  limitValue,
  optionalReason,
  ratePerS,
  revocableId,
  revocationReason,
  ruleDuration,
  sortKey,
} from './operation-fields.ts';

/** An operation: the event of the operator function. */
export type Operation = RuleOperation | CreateKey | RotateKey | ListKeys | CircuitOperation;

export type RuleOperation = Revoke | Restore | SetLimit | List | Get;

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
  /**
   * The limit, or the burst of a bucket; null: the number that the stack has. A concurrency limit allows at most 1000,
   * even if the number is larger: only the stack knows of which kind a limit is.
   */
  readonly value: number | null;
  /** For a bucket; null: the rate that the stack has. */
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

/** The result of an operation. */
export type OperationResult =
  | RuleResult
  | RulesResult
  | KeyResult
  | KeysResult
  | CircuitResult
  | CircuitsResult
  | Failure;

export interface RuleResult {
  readonly ok: true;
  /** The present rule. Without a revocation and limits, no operator has set anything for the subject. */
  readonly rule: Rule;
  /** False: there was nothing to remove, or the operation only reads. */
  readonly changed: boolean;
  /** True: Redis has it, so it holds for the next request. */
  readonly pushed: boolean;
  /** A note for the operator. */
  readonly note: string | null;
}

export interface RulesResult {
  readonly ok: true;
  readonly rules: readonly Rule[];
  /** The `after` of the next page; null: there is none. */
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

type FieldsOf<Asked> = { readonly [Field in Exclude<keyof Asked, 'action'>]: Decoder<Asked[Field]> };

/** The fields of each operation beside its action. */
const OPERATIONS = {
  revoke: { id: revocableId, forMs: ruleDuration, reason: revocationReason },
  // Any id: a rule that a person wrote into the table must be restorable.
  restore: { id, reason: optionalReason },
  limit: {
    id: limitedId,
    limit: limitName,
    value: nullable(limitValue),
    ratePerS: withDefault(nullable(ratePerS), null),
    forMs: ruleDuration,
    reason: optionalReason,
  },
  list: { kind: withDefault(nullable(member(RULE_KINDS)), null), after: withDefault(nullable(sortKey), null) },
  get: { id },
  'create-key': createKeyFields,
  'rotate-key': rotateKeyFields,
  'list-keys': { after: withDefault(nullable(sortKey), null) },
  ...circuitOperations,
} satisfies { readonly [A in Operation['action']]: FieldsOf<Extract<Operation, { readonly action: A }>> };

const HAS_ACTION = object({ action: member(Object.keys(OPERATIONS) as Operation['action'][]) });

/** @throws InvalidOperationError saying the value, the rule and the fix */
export function decodeOperation(event: unknown): Operation {
  // First of all: messages quote the event, and are logged.
  if (textsOf(event).some(holdsToken)) throw tokenGiven('an operation');
  try {
    const { action } = HAS_ACTION(event, 'operation');
    return only({ action: member([action]), ...OPERATIONS[action] })(event, 'operation') as Operation;
  } catch (error) {
    // A field of the wrong type is as much the caller's fault as a wrong value.
    if (error instanceof DecodeError) throw new InvalidOperationError(printable(error.message));
    throw error;
  }
}

/** All names and strings in a value, however deep it is nested. */
function textsOf(value: unknown): readonly string[] {
  const found = [value];
  // What is found in one is visited after it.
  for (const one of found) {
    if (typeof one === 'object' && one !== null) for (const entry of Object.entries(one)) found.push(...entry);
  }
  return found.filter((one) => typeof one === 'string');
}

/** @throws DecodeError for what no operator function answers */
export function decodeOperationResult(value: unknown): OperationResult {
  const { ok } = object({ ok: boolean })(value, 'result');
  if (!ok) return { ok, ...failure(value, 'result') };
  if ('rules' in (value as object)) return { ok, ...rulesResult(value, 'result') };
  if ('keys' in (value as object)) return { ok, ...keysResult(value, 'result') };
  if ('circuits' in (value as object)) return { ok, ...circuitsResult(value, 'result') };
  if ('circuit' in (value as object)) return { ok, ...circuitResult(value, 'result') };
  return 'secret' in (value as object) ? { ok, ...keyResult(value, 'result') } : { ok, ...ruleResult(value, 'result') };
}

/** A field that is ignored would be a `for` in place of `forMs`, and a revocation for good. */
function only<Shape extends Record<string, Decoder<unknown>>>(shape: Shape): ReturnType<typeof object<Shape>> {
  const decode = object(shape);
  return (value, path) => {
    const unknown = Object.keys(value as object).find((name) => !Object.hasOwn(shape, name));
    if (unknown === undefined) return decode(value, path);
    throw new InvalidOperationError(
      `the fields of this operation must be of ${Object.keys(shape).join(', ')}, got ${quote(unknown)}: leave it out, or give it the name that is meant`,
    );
  };
}

const ruleResult = object({ rule, changed: boolean, pushed: boolean, note: nullable(string) });
const rulesResult = object({ rules: array(rule), next: nullable(string) });
const failure = object({ error: object({ code: member(OPERATION_ERRORS), message: string }) });
