// API keys, from items as DynamoDB gives them; the table answers at once, from memory. Each was used just now, so no last
// use is written.
import { encodeApiKeyItem, KEY_ITEM } from '../../../lambdas/adapters/auth/api-key-item.ts';
import { ApiKeyLookup } from '../../../lambdas/adapters/auth/api-key-lookup.ts';
import { ApiKeyVerifier } from '../../../lambdas/authorizer/api-key-verifier.ts';
import { type AuthPolicy, acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import { apiKeyOf } from '../../../test/support/auth/api-keys.ts';
import { authorizerWith } from '../authorizer.ts';
import type { ApiKeySetup, MakeVerifier } from '../verifier.ts';

const ANY_API_KEY: AuthPolicy = { type: 'required', accepts: [acceptance('apiKey')] };

export const makeVerifier: MakeVerifier<ApiKeySetup> = ({ keys }) => {
  const nowMs = Date.now();
  const items = new Map(
    keys.map((secret) => {
      const key = apiKeyOf(secret, nowMs);
      return [key.id, { ...encodeApiKeyItem(key), [KEY_ITEM.lastUsed]: { N: String(nowMs) } }];
    }),
  );
  const table = { get: async ({ sort }: { readonly sort: string }) => items.get(sort), update: async () => true };
  return authorizerWith(new ApiKeyVerifier({ keys: new ApiKeyLookup(table, 'bench'), claims: [] }), ANY_API_KEY);
};
