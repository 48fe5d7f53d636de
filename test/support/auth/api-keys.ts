import { hashApiKey } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import type { ApiKey } from '../../../lambdas/contract/auth/api-key.ts';

/** A key that is good for a day from `nowMs` on and has this secret; tests change what they are about. */
export function apiKeyOf(secret: string, nowMs: number, changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id: secret.slice(4, 16),
    owner: 'billing',
    plan: 'gold',
    tenant: 't1',
    scopes: ['read'],
    roles: ['robot'],
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 86_400_000,
    secrets: [{ hash: hashApiKey(secret), untilMs: 0 }],
    rotatedAtMs: nowMs,
    revokedUntilMs: null,
    version: nowMs,
    ...changes,
  };
}
