import { array, type Decoder, decodeJson, integer, nullable, object, string } from '../decode.ts';

/** How every API key begins, so that scanners for leaked secrets know it: `tgk_4fzN9qXw2LbC_…`. */
export const API_KEY_PREFIX = 'tgk_';

/**
 * `tgk_`, the key's id, its secret of 256 bits and a check, each in letters and digits. The check tells what somebody
 * mistyped from what may be a key, without a look at the table.
 */
const API_KEY = /^tgk_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const API_KEY_ID = /^[0-9A-Za-z]{12}$/;
export const API_KEY_LENGTHS = { id: 12, secret: 43, check: 6 } as const;

export interface ApiKeyParts {
  readonly id: string;
  /** All but the check: what the check is of. */
  readonly body: string;
  readonly check: string;
}

/** Undefined for what has not the form of a key; whether its check holds is for who can hash. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, id, , check] = API_KEY.exec(text) ?? [];
  return id === undefined || check === undefined ? undefined : { id, body: text.slice(0, -check.length), check };
}

export function isApiKeyId(text: string): boolean {
  return API_KEY_ID.test(text);
}

/** How a key's secret is known: never itself. */
export interface ApiKeySecret {
  /** SHA-256 of the whole key, in base64url. Its 256 random bits need no slow hash. */
  readonly hash: string;
  /** Epoch milliseconds from which on it is refused; 0: as long as the key is good. */
  readonly untilMs: number;
}

/** An API key as the table keeps it. Whoever bears it is the client `key:<id>`, whichever of its secrets it has. */
export interface ApiKey {
  readonly id: string;
  /** Who was given it; told to upstreams that ask for the claim `/owner`. */
  readonly owner: string;
  readonly plan: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly createdAtMs: number;
  /** Every key ends. */
  readonly expiresAtMs: number;
  /** The newest first; after a rotation the former one beside it until its `untilMs`. */
  readonly secrets: readonly ApiKeySecret[];
  /** When its newest secret was made. */
  readonly rotatedAtMs: number;
  /** Until when an operator has revoked it, 0: for good; null: it is not revoked. */
  readonly revokedUntilMs: number | null;
  /** Epoch milliseconds of the last change, one more at least than before. */
  readonly version: number;
}

/** When a key was last used: an attribute of its item beside the key, the only one that the authorizer may write. */
export const LAST_USED_ATTRIBUTE = 'lastUsedAtMs';

export function isRevokedKey({ revokedUntilMs }: Pick<ApiKey, 'revokedUntilMs'>, nowMs: number): boolean {
  return revokedUntilMs !== null && (revokedUntilMs === 0 || revokedUntilMs > nowMs);
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeApiKey(json: string): ApiKey {
  return decodeJson(apiKey, json, 'key');
}

export const apiKey: Decoder<ApiKey> = object({
  id: string,
  owner: string,
  plan: string,
  tenant: string,
  scopes: array(string),
  roles: array(string),
  createdAtMs: integer,
  expiresAtMs: integer,
  secrets: array(object({ hash: string, untilMs: integer })),
  rotatedAtMs: integer,
  revokedUntilMs: nullable(integer),
  version: integer,
});
