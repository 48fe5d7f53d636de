import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Algorithm } from '../../../lambdas/contract/auth/authorizer-config.ts';

export const ISSUER = 'https://auth.example.com';
export const AUDIENCE = 'api';

/** A signing key of a test issuer. */
export interface TestKey {
  readonly kid: string;
  readonly jwk: JWK;
  /** A token with the usual claims; `claims` adds to them, `undefined` removes one. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function createKey(kid: string, alg: Algorithm = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims = {}, header = {}) => {
      const nowS = Math.floor(Date.now() / 1000);
      const usual = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', iat: nowS, exp: nowS + 3600 };
      const payload = Object.fromEntries(
        Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== undefined),
      ) as JWTPayload;
      const crit = Object.fromEntries(Object.keys(header).map((name) => [name, true]));
      return new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey, { crit });
    },
  };
}
