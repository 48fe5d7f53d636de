import { API_KEY_PREFIX, type ApiKey, isApiKeyId } from './api-key.ts';
import { array, type Decoder, integer, nullable, object, string, withDefault } from './decode.ts';
import { checkText, InvalidOperationError, isRuleName, quote, quoteValue } from './rule-id.ts';
import { SCOPE } from './scope.ts';

// What operators may ask about API keys, and what they are answered.

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

export type KeyOperation = CreateKey | RotateKey | ListKeys;

/** What is told of a key: nothing by which it could be had. */
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
  /** The key itself, which nobody can ask for again. */
  readonly secret: string;
  /** What the operator should know besides. */
  readonly note: string | null;
}

export interface KeysResult {
  readonly ok: true;
  readonly keys: readonly KeyFacts[];
  /** What to give as `after` for the next page; null: there is none. */
  readonly next: string | null;
}

const DAY_MS = 86_400_000;
const LIFETIME = { min: 60_000, max: 3650 * DAY_MS, usual: 365 * DAY_MS };
const OVERLAP = { max: 30 * DAY_MS, usual: DAY_MS };
const MAX_OWNER_LENGTH = 256;
/** Verdicts hand scopes and roles on, and are no larger than this. */
const MAX_WORDS = 50;
const MAX_WORDS_LENGTH = 2048;

export const owner: Decoder<string> = (value, path) => {
  const text = string(value, path);
  if (text.trim() === '' || text.length > MAX_OWNER_LENGTH) {
    throw new InvalidOperationError(
      `the owner of a key must be a text of 1 to ${MAX_OWNER_LENGTH} characters, got ${quote(text)}: write who is given it, like billing@example.com`,
    );
  }
  checkText('the owner of a key', text, 'write it in one line');
  return text;
};

function label(what: string): Decoder<string> {
  return withDefault((value, path) => {
    const text = string(value, path);
    if (text === '' || isRuleName(text)) return text;
    throw new InvalidOperationError(
      `the ${what} of a key must be one that a rule can name, got ${quote(text)}: write one like acme, in one line`,
    );
  }, '');
}

function words(what: string, isWord: (word: string) => boolean): Decoder<readonly string[]> {
  return withDefault((value, path) => {
    const all = array(string)(value, path);
    const wrong = all.find((word) => !isWord(word));
    if (wrong !== undefined) {
      throw new InvalidOperationError(
        `each of the ${what} of a key must be one word of printable characters, got ${quote(wrong)}: list them one by one`,
      );
    }
    if (all.length > MAX_WORDS || all.join(' ').length > MAX_WORDS_LENGTH) {
      throw new InvalidOperationError(
        `the ${what} of a key must be at most ${MAX_WORDS} and ${MAX_WORDS_LENGTH} characters together, got ${all.length}: give it fewer`,
      );
    }
    return [...new Set(all)];
  }, []);
}

function duration(
  what: string,
  { min, max, usual }: { readonly min: number; readonly max: number; readonly usual: number },
) {
  return withDefault((value: unknown) => {
    if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    throw new InvalidOperationError(
      `${what} must be a whole number of ms from ${min} to ${max}, got ${quoteValue(value)}: leave it out for ${usual / DAY_MS} days`,
    );
  }, usual);
}

/** `4fzN9qXw2LbC`, or as rules have it `key:4fzN9qXw2LbC`. */
export const keyId: Decoder<string> = (value, path) => {
  const text = string(value, path).replace(/^key:/, '');
  if (isApiKeyId(text)) return text;
  throw new InvalidOperationError(
    `the id of a key must be its 12 letters and digits after ${API_KEY_PREFIX}, got ${quote(text)}: see list-keys`,
  );
};

export const createKeyFields = {
  owner,
  plan: label('plan'),
  tenant: label('tenant'),
  scopes: words('scopes', (word) => SCOPE.test(word)),
  roles: words('roles', (word) => SCOPE.test(word)),
  forMs: duration('forMs', LIFETIME),
};

export const rotateKeyFields = { id: keyId, overlapMs: duration('overlapMs', { min: 0, ...OVERLAP }) };

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
