import { API_KEY_PREFIX, type ApiKey, isApiKeyId } from '../auth/api-key.ts';
import { SCOPE } from '../auth/scope.ts';
import { array, type Decoder, integer, nullable, object, string, withDefault } from '../decode.ts';
import { checkText, InvalidOperationError, quote, quoteValue } from '../limits/rule-id.ts';
import { isRuleName } from '../rule-name.ts';

// Operations on API keys, and their results.

export interface CreateKey {
  readonly action: 'create-key';
  /** Who is given it. */
  readonly owner: string;
  readonly plan: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** How long it is good: every key ends. */
  readonly forMs: number;
}

export interface RotateKey {
  readonly action: 'rotate-key';
  readonly id: string;
  /** How long its former secret is good beside the new one; 0: not at all, nor is any other. */
  readonly overlapMs: number;
}

/** A page of the keys; the next one begins after `after`. */
export interface ListKeys {
  readonly action: 'list-keys';
  readonly after: string | null;
}

/** What operators see of a key: not its secret. */
export interface KeyFacts extends Omit<ApiKey, 'secrets' | 'version'> {
  /** How it begins: `tgk_4fzN9qXw2LbC_`. */
  readonly prefix: string;
  /** Epoch milliseconds, to the hour; 0: never. */
  readonly lastUsedAtMs: number;
  /** Until when its former secret is good; null: it has none. */
  readonly formerUntilMs: number | null;
}

export interface KeyResult {
  readonly ok: true;
  readonly key: KeyFacts;
  /** The key itself. The gateway keeps only its hash and cannot show it again. */
  readonly secret: string;
  /** A note for the operator. */
  readonly note: string | null;
}

export interface KeysResult {
  readonly ok: true;
  readonly keys: readonly KeyFacts[];
  /** The `after` of the next page; null: there is none. */
  readonly next: string | null;
}

const DAY_MS = 86_400_000;
/** How long a key is good, and its former secret beside the new one. */
export const KEY_BOUNDS = {
  life: { maxDays: 3650, usualDays: 365 },
  overlap: { maxDays: 30, usualDays: 1 },
} as const;
// A key goes into a verdict as a whole, and is read as one unit by DynamoDB: at most 4 KB.
const MAX_NAME_LENGTH = 256;
const MAX_WORDS = 50;
const MAX_WORDS_LENGTH = 1024;

const owner: Decoder<string> = (value, path) => {
  const text = string(value ?? '', path);
  if (text.trim() === '' || text.length > MAX_NAME_LENGTH) {
    throw new InvalidOperationError(
      `the owner of a key must be a text of 1 to ${MAX_NAME_LENGTH} characters, got ${quote(text)}: write who is given it, like billing@example.com`,
    );
  }
  checkText('the owner of a key', text, 'write it in one line');
  return text;
};

function label(what: string): Decoder<string> {
  return withDefault((value, path) => {
    const text = string(value, path);
    if (text === '' || (isRuleName(text) && text.length <= MAX_NAME_LENGTH)) return text;
    throw new InvalidOperationError(
      `the ${what} of a key must be one that a rule can name, of at most ${MAX_NAME_LENGTH} characters, got ${quote(text)}: write one like acme, in one line`,
    );
  }, '');
}

/** Roles are words too: operators and upstreams write them in lists. */
function words(what: string): Decoder<readonly string[]> {
  return withDefault((value, path) => {
    const all = [...new Set(array(string)(value, path))];
    const wrong = all.find((word) => !SCOPE.test(word));
    if (wrong !== undefined) {
      throw new InvalidOperationError(
        `each of the ${what} of a key must be one word of ASCII without quotes and backslashes, got ${quote(wrong)}: list them one by one`,
      );
    }
    const length = all.join(' ').length;
    if (all.length > MAX_WORDS || length > MAX_WORDS_LENGTH) {
      throw new InvalidOperationError(
        `the ${what} of a key must be at most ${MAX_WORDS}, of ${MAX_WORDS_LENGTH} characters together, got ${all.length} of ${length}: give it fewer`,
      );
    }
    return all;
  }, []);
}

interface Bounds {
  readonly minMs: number;
  /** All of them in words. */
  readonly range: string;
  readonly maxDays: number;
  readonly usualDays: number;
}

function duration(name: string, { minMs, range, maxDays, usualDays }: Bounds): Decoder<number> {
  return withDefault((value: unknown) => {
    const ms = Number.isSafeInteger(value) ? Number(value) : Number.NaN;
    if (ms >= minMs && ms <= maxDays * DAY_MS) return ms;
    throw new InvalidOperationError(
      `${name} must be a whole number of ms ${range}, got ${quoteValue(value)}: leave it out for ${usualDays} d`,
    );
  }, usualDays * DAY_MS);
}

/** `4fzN9qXw2LbC`, or as rules have it `key:4fzN9qXw2LbC`. */
export const keyId: Decoder<string> = (value, path) => {
  const text = string(value, path).replace(/^key:/, '');
  if (isApiKeyId(text)) return text;
  throw new InvalidOperationError(
    `the id of a key must be its 12 letters and digits after ${API_KEY_PREFIX}, got ${quote(text)}: list the keys to find it`,
  );
};

export const createKeyFields = {
  owner,
  plan: label('plan'),
  tenant: label('tenant'),
  scopes: words('scopes'),
  roles: words('roles'),
  forMs: duration('forMs', {
    ...KEY_BOUNDS.life,
    minMs: 1000,
    range: `from 1 s to ${KEY_BOUNDS.life.maxDays} days, since every key ends`,
  }),
};

export const rotateKeyFields = {
  id: keyId,
  overlapMs: duration('overlapMs', {
    ...KEY_BOUNDS.overlap,
    minMs: 0,
    range: `from 0 to ${KEY_BOUNDS.overlap.maxDays} days`,
  }),
};

const keyFacts: Decoder<KeyFacts> = object({
  id: string,
  prefix: string,
  owner: string,
  plan: string,
  tenant: string,
  scopes: array(string),
  roles: array(string),
  createdAtMs: integer,
  rotatedAtMs: integer,
  expiresAtMs: integer,
  lastUsedAtMs: integer,
  revokedUntilMs: nullable(integer),
  formerUntilMs: nullable(integer),
});

export const keyResult = object({ key: keyFacts, secret: string, note: nullable(string) });
export const keysResult = object({ keys: array(keyFacts), next: nullable(string) });
