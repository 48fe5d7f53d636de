import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { mintApiKey, newApiKeyId } from '../../lambdas/adapters/auth/api-key-secret.ts';
import { parseApiKey } from '../../lambdas/contract/auth/api-key.ts';
import type { Algorithm } from '../../lambdas/contract/auth/authorizer-config.ts';
import { createKey, type TestKey } from '../../test/support/auth/tokens.ts';
import { AUDIENCE, ISSUER } from '../stand.ts';
import type { ApiKeySetup, TokenSetup } from './verifier.ts';

/** More than any of the caches holds, so that none still knows a credential when it comes again. */
export const DISTINCT = 3000;

export const TOKENS = ['RS256', 'ES256', 'EdDSA'] as const satisfies readonly Algorithm[];
export type Kind = (typeof TOKENS)[number] | 'API key';

/** Credentials of one kind, and what verifies them. */
export interface Material {
  readonly setup: TokenSetup | ApiKeySetup;
  readonly good: readonly string[];
  /** What no signature or secret makes good. */
  readonly forged: readonly string[];
  /** Signed by the right key, and not good all the same. */
  readonly unfit: readonly string[];
}

export async function allMaterial(): Promise<ReadonlyMap<Kind, Material>> {
  const tokens = await Promise.all(TOKENS.map(async (kind): Promise<[Kind, Material]> => [kind, await tokensOf(kind)]));
  return new Map([...tokens, ['API key', apiKeys()]]);
}

async function tokensOf(algorithm: Algorithm): Promise<Material> {
  const key = await createKey(algorithm, algorithm);
  const good = await Promise.all(Array.from({ length: DISTINCT }, (_, index) => tokenOf(key, `user-${index}`)));
  const nowS = Math.floor(Date.now() / 1000);
  return {
    setup: { algorithm, jwk: key.jwk, issuer: ISSUER, audience: AUDIENCE },
    good,
    forged: [altered(good[0] ?? ''), signedWithPublicKey(good[0] ?? '', key)],
    unfit: await Promise.all([
      key.sign({ iss: 'https://elsewhere.example.com' }),
      key.sign({ aud: 'another-api' }),
      key.sign({ iat: nowS - 7200, exp: nowS - 3600 }),
    ]),
  };
}

function tokenOf(key: TestKey, sub: string): Promise<string> {
  const scope = 'orders:read orders:write';
  return key.sign({ sub, scope, email: `${sub}@example.com`, roles: ['user'], tenant: 'acme' });
}

/** Another subject under the same signature. */
function altered(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return `${header}.${base64url({ ...claims, sub: 'root' })}.${signature}`;
}

/** RFC 8725 §2.1: what takes the algorithm from the token takes the public key for a secret. */
function signedWithPublicKey(token: string, { kid, jwk }: TestKey): string {
  const signed = `${base64url({ alg: 'HS256', kid })}.${token.split('.')[1]}`;
  const secret = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function apiKeys(): Material {
  const keys = Array.from({ length: DISTINCT }, () => mintApiKey(newApiKeyId()));
  // The id is one that there is, the secret is not its.
  return { setup: { keys }, good: keys, forged: [mintApiKey(parseApiKey(keys[0] ?? '')?.id ?? '')], unfit: [] };
}
