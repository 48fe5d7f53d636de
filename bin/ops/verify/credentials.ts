import { askFor } from '../ask-for.ts';
import { OpsError } from '../errors.ts';
import type { Ask } from '../operator-client.ts';

/** A key ends by itself soon after the command, should it not be revoked. */
const KEY_LIFE_MS = 3_600_000;
const OWNER = 'ops.ts verify';

/** What requests are sent with; a text: why there is none. */
export type Authorization = { readonly authorization: string } | { readonly why: string };

export interface Credentials {
  /** The token that was given, or an API key: a client that has sent nothing yet, where it is a key. */
  next(): Promise<Authorization>;
  /** An API key, whether a token was given or not. */
  key(): Promise<Authorization>;
  /** Revokes all keys that were made. @returns the ids of those that could not be revoked */
  revokeAll(): Promise<readonly string[]>;
}

/** @param ask for what must not be asked again: a key that was made twice would be known once */
export function createCredentials(ask: Ask, askOnce: Ask, token: string | undefined): Credentials {
  const ids: string[] = [];
  const key = async (): Promise<Authorization> => {
    try {
      const rest = { plan: '', tenant: '', scopes: [], roles: [], forMs: KEY_LIFE_MS };
      const made = await askFor('secret', askOnce, { action: 'create-key', owner: OWNER, ...rest });
      ids.push(made.key.id);
      return { authorization: `Bearer ${made.secret}` };
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return { why: `no API key can be made: ${error.message}` };
    }
  };
  return {
    key,
    next: async () => (token === undefined ? key() : { authorization: `Bearer ${token}` }),
    revokeAll: async () => {
      const results = await Promise.all(ids.map((id) => revoke(ask, id)));
      return ids.filter((_, index) => !results[index]);
    },
  };
}

async function revoke(ask: Ask, id: string): Promise<boolean> {
  try {
    await askFor('rule', ask, { action: 'revoke', id: `key:${id}`, reason: `made by ${OWNER}`, forMs: KEY_LIFE_MS });
    return true;
  } catch {
    return false;
  }
}
