import { type Decoder, nullable, string, withDefault } from '../decode.ts';
import { LIMIT_BOUNDS } from '../limits/limit-bounds.ts';
import { REVOCABLE_KINDS } from '../limits/operator-rule.ts';
import { checkText, InvalidOperationError, parseRuleId, quote, quoteValue } from '../limits/rule-id.ts';
import { isAddress } from './address.ts';
import { keyId } from './key-operations.ts';

// The fields of operations. A wrong one throws an InvalidOperationError with value, rule and fix.

/** Longest reason, in characters. */
export const MAX_REASON_LENGTH = 256;
const DAY_MS = 86_400_000;
const MIN_FOR_MS = 1000;
/** Longest time after which something ends by itself. A longer one is meant to have no end. */
export const FOR_MAX_DAYS = {
  rules: 3650,
  /** A circuit that was forced for longer is one that everybody has forgotten. */
  circuits: 30,
} as const;
/** Longest name of who asks, in characters. */
export const OPERATOR_NAME_LENGTH = 64;
/** Of the table; in bytes there, which are as many at least. */
const MAX_SORT_KEY_LENGTH = 1024;
/** As the stack has it. */
export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,30}$/;
/** A name of a limit as the stack gives it, after the name of a service where only that one's is meant. */
const LIMIT_NAME = /^(?:[a-z][a-z0-9-]{0,30}\/)?[a-z0-9][a-z0-9-]{0,39}$/;

export const id: Decoder<string> = (value, path) => {
  const text = string(value, path);
  const { kind, name } = parseRuleId(text);
  if (kind === 'ip') checkAddress(text, name);
  return text;
};

/** A rule for an address that no request can come from would match no request. */
function checkAddress(text: string, name: string): void {
  if (isAddress(name)) return;
  throw new InvalidOperationError(
    name.includes('/')
      ? `an address must be one without a prefix length, got ${quote(text)}: write ip:192.0.2.1, or any address of an IPv6 /64 for all of it`
      : `an address must be one of IPv4 without leading zeros, or of IPv6, got ${quote(text)}: write one like ip:192.0.2.1 or ip:2001:db8::1`,
  );
}

/** The ids that a new rule can have. Older rules with other ids can be read and restored. */
const ruledId: Decoder<string> = (value, path) => {
  const text = id(value, path);
  if (parseRuleId(text).kind === 'key') keyId(text, path);
  return text;
};

export const revocableId: Decoder<string> = (value, path) => {
  const text = ruledId(value, path);
  if (!REVOCABLE_KINDS.includes(parseRuleId(text).kind)) {
    throw new InvalidOperationError(
      `only ${REVOCABLE_KINDS.join(', ')} can be revoked, got ${quote(text)}: give it a limit instead, or revoke who uses it`,
    );
  }
  return text;
};

export const limitedId: Decoder<string> = (value, path) => {
  const text = ruledId(value, path);
  if (parseRuleId(text).kind === 'token') {
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

function givenReason(what: string, example: string): Decoder<string> {
  return (value, path) => {
    const text = reason(value ?? '', path);
    if (text.trim() !== '') return text;
    throw new InvalidOperationError(
      `${what} must have a reason, got none: write it for whoever asks in a year, "${example}"`,
    );
  };
}

export const revocationReason = givenReason('a revocation', 'left the company');
export const openReason = givenReason('a circuit that is opened by hand', 'the provider moves its data centre');

function duration(maxDays: number): Decoder<number | null> {
  const forMs: Decoder<number> = (value) => {
    const ms = Number.isSafeInteger(value) ? Number(value) : Number.NaN;
    if (ms >= MIN_FOR_MS && ms <= maxDays * DAY_MS) return ms;
    throw new InvalidOperationError(
      `forMs must be a whole number of ms from 1 s to ${maxDays} days, got ${quoteValue(value)}: leave it out for no end`,
    );
  };
  return withDefault(nullable(forMs), null);
}

export const ruleDuration = duration(FOR_MAX_DAYS.rules);
export const circuitDuration = duration(FOR_MAX_DAYS.circuits);

export const serviceName: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (SERVICE_NAME.test(text)) return text;
  const meant = text.toLowerCase();
  throw new InvalidOperationError(
    `the name of a service must be a lower-case letter and up to 30 lower-case letters, digits and hyphens, got ${quote(text)}: write ${SERVICE_NAME.test(meant) ? meant : 'it as the stack has it'}`,
  );
};

/** Who asks, in their own words. The gateway does not check it. */
export const operatorName: Decoder<string> = withDefault((value, path) => {
  const text = string(value, path);
  if (text.length > OPERATOR_NAME_LENGTH) {
    throw new InvalidOperationError(
      `the name of who asks must have at most ${OPERATOR_NAME_LENGTH} characters, got ${text.length}: write a shorter one, or leave it out`,
    );
  }
  checkText('the name of who asks', text, 'write it in one line');
  return text;
}, '');

export const limitName: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (LIMIT_NAME.test(text)) return text;
  throw new InvalidOperationError(
    `the name of a limit must be lower-case letters, digits and hyphens, after its service and a slash where only that one is meant, got ${quote(text)}: write client or payments/client`,
  );
};

export const limitValue: Decoder<number> = (value) => {
  const { min, max } = LIMIT_BOUNDS.units;
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new InvalidOperationError(
    `a limit must be a whole number from ${min} to ${max}, got ${quoteValue(value)}: revoke a subject to refuse all of its requests`,
  );
};

export const ratePerS: Decoder<number> = (value) => {
  const { min, max } = LIMIT_BOUNDS.ratePerS;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new InvalidOperationError(
    `the rate of a bucket must be from one unit in 31 days to ${max} units a second, got ${quoteValue(value)}: leave it out to keep the stack's`,
  );
};

export const sortKey: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (text.length >= 1 && text.length <= MAX_SORT_KEY_LENGTH) return text;
  throw new InvalidOperationError(`after must be what the page before gave as next, got ${quote(text)}`);
};

export const optionalReason = withDefault(reason, '');
