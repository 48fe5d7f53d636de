import { randomUUID } from 'node:crypto';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { Algorithm, IssuerConfig, TokenProfile } from '../../lambdas/contract/auth/authorizer-config.ts';
import { type IssuerClaims, issuerClaims } from './issuer-claims.ts';
import { signingKey } from './keys.ts';

export interface TokenOptions extends IssuerClaims {
  readonly issuer: string;
  /** Undefined: the token has none. */
  readonly audience?: string | undefined;
  readonly algorithm: Algorithm;
  readonly profile: TokenProfile;
  readonly subject: string;
  readonly scope?: string | undefined;
  /** Further claims; they replace claims of the same name. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Negative: the token has expired already. */
  readonly expiresInS: number;
}

/** Default options of a token of that issuer. */
export function tokenDefaults({
  issuer,
  audience,
  algorithms,
  profile,
  mapping,
  requires,
}: Pick<IssuerConfig, 'issuer' | 'audience' | 'algorithms' | 'profile'> & IssuerClaims): TokenOptions {
  const [algorithm = 'ES256'] = algorithms;
  const subject = 'alice';
  return { issuer, audience: audience?.[0], algorithm, profile, mapping, requires, subject, expiresInS: 3600 };
}

/** A token of a demo issuer. */
export async function mintToken(stateDir: string, options: TokenOptions, nowMs: number): Promise<string> {
  const { issuer, audience, algorithm, profile, subject, scope, claims, expiresInS } = options;
  const key = await signingKey(stateDir, issuer, algorithm);
  const nowS = Math.floor(nowMs / 1000);
  const payload: JWTPayload = {
    iss: issuer,
    sub: subject,
    ...(audience !== undefined && { aud: audience }),
    iat: Math.min(nowS, nowS + expiresInS),
    exp: nowS + expiresInS,
    jti: randomUUID(),
    // RFC 9068 §2.2 requires it in every access token.
    ...(profile === 'rfc9068' && { client_id: 'demo' }),
    ...issuerClaims(options, subject, scope),
    ...claims,
  };
  const typ = profile === 'rfc9068' ? 'at+jwt' : 'JWT';
  return new SignJWT(payload)
    .setProtectedHeader({ alg: algorithm, typ, kid: key.kid as string })
    .sign(await importJWK(key, algorithm));
}
