import type { StoredApiKey } from '../adapters/auth/api-key-item.ts';
import { hashApiKey, isSameHash, isWellMade } from '../adapters/auth/api-key-secret.ts';
import { type ApiKey, type ApiKeySecret, isRevokedKey, parseApiKey } from '../contract/auth/api-key.ts';
import type { ClaimPointer, Claims } from '../contract/auth/claim-pointer.ts';
import type { ClaimValues } from '../contract/auth/claim-test.ts';
import type { Verified } from '../contract/auth/verdict.ts';
import { invalidToken } from '../core/auth/authorization.ts';
import { claimValuesReader } from '../core/auth/claim-values.ts';
import type { CredentialVerifier, Verification } from './credential-verifier.ts';

/** How long an accepted key is valid without another read of the table. */
const BELIEVED_MS = 60_000;
/** How long an unknown id is remembered, so that the same id costs no further read. */
const UNKNOWN_MS = 30_000;
const MAX_UNKNOWN = 1000;
/** Precision of a key's last use: each update is a write to the table. */
const LAST_USE_MS = 3_600_000;

/** One text for unknown, wrong, expired and revoked keys, so that an attacker learns nothing about them. */
const INVALID = invalidToken('the API key is not valid');
/** Compared for an unknown key, so that it takes as long as a known one. No key has this hash. */
const NO_SECRETS: readonly ApiKeySecret[] = [{ hash: hashApiKey(''), untilMs: 0 }];

export interface ApiKeyVerifierOptions {
  readonly keys: {
    /** Rejects when the table cannot be read. */
    readonly find: (id: string) => Promise<StoredApiKey | undefined>;
    /** Never rejects. */
    readonly used: (id: string, nowMs: number) => Promise<void>;
  };
  /** The claims that verdicts are to have; a key has `/owner`, `/plan` and `/tenant`. */
  readonly claims: readonly ClaimPointer[];
}

/** Verifies API keys against the table. */
export class ApiKeyVerifier implements CredentialVerifier {
  readonly #keys: ApiKeyVerifierOptions['keys'];
  readonly #claimsOf: (claims: Claims) => ClaimValues;
  /** Unknown ids, each with its time of expiry, epoch milliseconds. */
  readonly #unknown = new Map<string, number>();

  constructor({ keys, claims }: ApiKeyVerifierOptions) {
    this.#keys = keys;
    this.#claimsOf = claimValuesReader(claims);
  }

  async verify(credential: string, nowMs: number): Promise<Verification> {
    const parts = parseApiKey(credential);
    if (parts === undefined || !isWellMade(parts) || this.#isUnknown(parts.id, nowMs)) return INVALID;
    const stored = await this.#keys.find(parts.id);
    const untilMs = goodUntilMs(stored?.key, hashApiKey(credential), nowMs);
    if (stored === undefined) this.#rememberUnknown(parts.id, nowMs);
    if (stored === undefined || untilMs <= nowMs) return INVALID;
    if (nowMs - stored.lastUsedAtMs >= LAST_USE_MS) await this.#keys.used(parts.id, nowMs);
    const verified = this.#verified(stored.key);
    return { verdict: 'accepted', verified, untilMs: Math.min(untilMs, nowMs + BELIEVED_MS) };
  }

  #verified({ id, owner, plan, tenant, roles, scopes }: ApiKey): Verified {
    const claims = this.#claimsOf({ owner, plan, tenant });
    const none = { sub: '', email: '', jti: '', issuer: '' };
    return { verdict: 'verified', kind: 'apiKey', client: `key:${id}`, ...none, roles, scopes, plan, tenant, claims };
  }

  #isUnknown(id: string, nowMs: number): boolean {
    const untilMs = this.#unknown.get(id) ?? 0;
    // If the clock stepped back, the entry would live too long.
    return untilMs > nowMs && untilMs <= nowMs + UNKNOWN_MS;
  }

  #rememberUnknown(id: string, nowMs: number): void {
    this.#unknown.set(id, nowMs + UNKNOWN_MS);
    if (this.#unknown.size > MAX_UNKNOWN) this.#unknown.delete(this.#unknown.keys().next().value as string);
  }
}

/** Epoch milliseconds until which the secret is valid; 0 if it is wrong or the key is revoked. */
function goodUntilMs(key: ApiKey | undefined, hash: string, nowMs: number): number {
  // Compares all secrets, so that the time taken does not show which one matches.
  const matching = (key?.secrets ?? NO_SECRETS).filter((secret) => isSameHash(secret.hash, hash));
  if (key === undefined || isRevokedKey(key, nowMs)) return 0;
  return Math.max(0, ...matching.map(({ untilMs }) => Math.min(untilMs || key.expiresAtMs, key.expiresAtMs)));
}
