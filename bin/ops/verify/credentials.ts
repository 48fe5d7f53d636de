import { askFor } from '../ask-for.ts';
import { OpsError } from '../errors.ts';
import type { Ask } from '../operator-client.ts';

/** A key that the command could not revoke expires after this time. */
const KEY_LIFE_MS = 3_600_000;
const OWNER = 'ops.ts verify';

export type Authorization = { readonly authorization: string };

export interface Credentials {
  /** The token of the command, else a new API key, whose client has sent nothing yet. @throws OpsError */
  next(): Promise<Authorization>;
  /** A new API key, even if the command has a token. @throws OpsError */
  key(): Promise<Authorization>;
  /** Revokes all keys that were made. @returns the ids of those that could not be revoked */
  revokeAll(): Promise<readonly string[]>;
}

/** @param askOnce makes keys: a repeated call would make a second key that the command cannot revoke */
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
      throw new OpsError(`no API key can be made: ${error.message}`, { cause: error });
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
