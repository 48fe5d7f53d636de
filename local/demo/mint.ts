import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { Algorithm } from '../../lambdas/contract/authorizer-config.ts';
import { demoKeys } from './keys.ts';

export interface TokenOptions {
  readonly issuer: string;
  /** Left out of the token where it is undefined. */
  readonly audience?: string | undefined;
  readonly algorithm: Algorithm;
  readonly subject: string;
  readonly scope?: string | undefined;
  /** Further claims; they win over the others. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Negative: the token has expired already. */
  readonly expiresInS: number;
}

/** A token of a demo issuer. */
export async function mintToken(stateDir: string, options: TokenOptions, nowMs: number): Promise<string> {
  const { issuer, audience, algorithm, subject, scope, claims, expiresInS } = options;
  const key = (await demoKeys(stateDir, issuer))[algorithm];
  const nowS = Math.floor(nowMs / 1000);
  const payload: JWTPayload = {
    iss: issuer,
    sub: subject,
    ...(audience !== undefined && { aud: audience }),
    iat: Math.min(nowS, nowS + expiresInS),
    exp: nowS + expiresInS,
    ...(scope !== undefined && { scope }),
    ...claims,
  };
  const header = { alg: algorithm, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) };
  return new SignJWT(payload).setProtectedHeader(header).sign(await importJWK(key, algorithm));
}
