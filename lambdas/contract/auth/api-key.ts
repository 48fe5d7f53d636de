import { array, type Decoded, decodeJson, integer, nullable, object, string } from '../decode.ts';

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

/** Undefined if the text does not have the form of a key. The caller compares the check, which needs a hash. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, id, , check] = API_KEY.exec(text) ?? [];
  return id === undefined || check === undefined ? undefined : { id, body: text.slice(0, -check.length), check };
}

export function isApiKeyId(text: string): boolean {
  return API_KEY_ID.test(text);
}

const apiKeySecret = object({
  /** SHA-256 of the whole key, in base64url. Its 256 random bits need no slow hash. The key itself is not kept. */
  hash: string,
  /** Epoch milliseconds from which on it is refused; 0: as long as the key is good. */
  untilMs: integer,
});
export type ApiKeySecret = Decoded<typeof apiKeySecret>;

export const apiKey = object({
  id: string,
  /** The operator's name for the holder; upstreams get it if they ask for the claim `/owner`. */
  owner: string,
  plan: string,
  tenant: string,
  scopes: array(string),
  roles: array(string),
  createdAtMs: integer,
  /** Every key ends. */
  expiresAtMs: integer,
  /** The newest first; after a rotation the former one beside it until its `untilMs`. */
  secrets: array(apiKeySecret),
  /** Creation time of its newest secret. */
  rotatedAtMs: integer,
  /** Until when an operator has revoked it, 0: for good; null: it is not revoked. */
  revokedUntilMs: nullable(integer),
  /** Epoch milliseconds of the last change, one more at least than before. */
  version: integer,
});
/** An API key as the table keeps it. Its holder is the client `key:<id>`, whichever of its secrets the holder has. */
export type ApiKey = Decoded<typeof apiKey>;

/** When a key was last used: an attribute of its item beside the key, the only one that the authorizer may write. */
export const LAST_USED_ATTRIBUTE = 'lastUsedAtMs';

export function isRevokedKey({ revokedUntilMs }: Pick<ApiKey, 'revokedUntilMs'>, nowMs: number): boolean {
  return revokedUntilMs !== null && (revokedUntilMs === 0 || revokedUntilMs > nowMs);
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeApiKey(json: string): ApiKey {
  return decodeJson(apiKey, json, 'key');
}
