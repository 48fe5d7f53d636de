import type { StoredApiKey } from '../adapters/auth/api-key-item.ts';
import { hashApiKey, mintApiKey, newApiKeyId } from '../adapters/auth/api-key-secret.ts';
import type { ApiKeyStore } from '../adapters/auth/api-key-store.ts';
import { API_KEY_PREFIX, type ApiKey, isRevokedKey } from '../contract/auth/api-key.ts';
import { InvalidOperationError } from '../contract/limits/rule-id.ts';
import type { CreateKey, KeyFacts, KeysResult, ListKeys, RotateKey } from '../contract/operations/key-operations.ts';
import { ConflictError } from './change-rule.ts';

/** Writers that get ahead of this one before it gives up; each of them has changed the key. */
const ATTEMPTS = 10;

export type Keys = Pick<ApiKeyStore, 'read' | 'write' | 'page'>;

/** A key's current facts and its secret, which is shown only once. */
export interface MadeKey {
  readonly key: KeyFacts;
  readonly secret: string;
}

/** @throws ConflictError, or TableUnavailable */
export async function createKey(
  keys: Keys,
  { action: _, forMs, ...given }: CreateKey,
  nowMs: number,
): Promise<MadeKey> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const id = newApiKeyId();
    const secret = mintApiKey(id);
    const key: ApiKey = {
      id,
      ...given,
      createdAtMs: nowMs,
      rotatedAtMs: nowMs,
      expiresAtMs: nowMs + forMs,
      secrets: [{ hash: hashApiKey(secret), untilMs: 0 }],
      revokedUntilMs: null,
      version: nowMs,
    };
    if (await keys.write(key, undefined)) return { key: factsOf({ key, lastUsedAtMs: 0 }, nowMs), secret };
  }
  throw new ConflictError(`no id was free ${ATTEMPTS} times in a row: ask for it again`);
}

/**
 * Gives a key another secret and restarts its lifetime. The former secret is valid until the overlap ends, so that the
 * key's user can replace it in the meantime.
 *
 * @throws InvalidOperationError, ConflictError, or TableUnavailable
 */
export async function rotateKey(keys: Keys, { id, overlapMs }: RotateKey, nowMs: number): Promise<MadeKey> {
  const secret = mintApiKey(id);
  const stored = await changeKey(keys, id, nowMs, (key) => {
    checkRotatable(key, overlapMs, nowMs);
    const former = key.secrets[0]?.hash ?? '';
    return {
      rotatedAtMs: nowMs,
      expiresAtMs: nowMs + (key.expiresAtMs - key.rotatedAtMs),
      secrets: [
        { hash: hashApiKey(secret), untilMs: 0 },
        ...(overlapMs > 0 ? [{ hash: former, untilMs: Math.min(nowMs + overlapMs, key.expiresAtMs) }] : []),
      ],
    };
  });
  if (stored === undefined) throw new InvalidOperationError(`no API key has the id ${id}: list the keys to find it`);
  return { key: factsOf(stored, nowMs), secret };
}

/**
 * Revokes or restores a key. Calls `revokedUntilMs` after each read of the key.
 *
 * @returns false: no key has the id
 * @throws ConflictError, or TableUnavailable
 */
export async function markKey(
  keys: Keys,
  id: string,
  revokedUntilMs: () => Promise<number | null>,
  nowMs: number,
): Promise<boolean> {
  const change = async () => ({ revokedUntilMs: await revokedUntilMs() });
  return (await changeKey(keys, id, nowMs, change)) !== undefined;
}

/** @throws TableUnavailable */
export async function listKeys(keys: Keys, { after }: ListKeys, nowMs: number): Promise<KeysResult> {
  const { keys: stored, next } = await keys.page(after);
  return { ok: true, keys: stored.map((one) => factsOf(one, nowMs)), next: next ?? null };
}

/** Changes a key, and retries if another writer changed it first. @returns undefined if no key has the id */
async function changeKey(
  keys: Keys,
  id: string,
  nowMs: number,
  change: (key: ApiKey) => Partial<ApiKey> | Promise<Partial<ApiKey>>,
): Promise<StoredApiKey | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const stored = await keys.read(id);
    if (stored === undefined) return undefined;
    const { key, lastUsedAtMs } = stored;
    const next = { ...key, ...(await change(key)), version: Math.max(key.version + 1, nowMs) };
    if (await keys.write(next, key)) return { key: next, lastUsedAtMs };
  }
  throw new ConflictError(`the key ${id} was changed by others ${ATTEMPTS} times in a row: ask for it again`);
}

function checkRotatable(key: ApiKey, overlapMs: number, nowMs: number): void {
  const { id, expiresAtMs, secrets } = key;
  if (expiresAtMs <= nowMs) throw new InvalidOperationError(`the key ${id} has expired: make another one`);
  if (isRevokedKey(key, nowMs)) {
    throw new InvalidOperationError(`the key ${id} is revoked: restore key:${id} first, or make another one`);
  }
  const former = secrets.slice(1).find(({ untilMs }) => untilMs > nowMs);
  if (former === undefined || overlapMs === 0) return;
  throw new InvalidOperationError(
    `the key ${id} was rotated before, and its former secret is good until ${new Date(former.untilMs).toISOString()}: wait for that, or rotate with --overlap 0, which ends all secrets that there are`,
  );
}

function factsOf({ key, lastUsedAtMs }: StoredApiKey, nowMs: number): KeyFacts {
  const { secrets, version: _, ...facts } = key;
  const former = secrets.slice(1).find(({ untilMs }) => untilMs > nowMs);
  return { ...facts, prefix: `${API_KEY_PREFIX}${key.id}_`, lastUsedAtMs, formerUntilMs: former?.untilMs ?? null };
}
