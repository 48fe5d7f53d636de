// The digest, and a comparison with the one that is known.
import { hashApiKey, isSameHash } from '../../../lambdas/adapters/auth/api-key-secret.ts';
import type { ApiKeySetup, MakeVerifier } from '../verifier.ts';

export const makeVerifier: MakeVerifier<ApiKeySetup> = ({ keys }) => {
  const hashes = new Map(keys.map((key) => [idOf(key), hashApiKey(key)]));
  return (key) => {
    if (!isSameHash(hashApiKey(key), hashes.get(idOf(key)) ?? '')) throw new Error('wrong secret');
  };
};

function idOf(key: string): string {
  return key.slice(0, 'tgk_'.length + 12);
}
