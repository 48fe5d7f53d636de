import { decodeJwt, errors, jwtVerify } from 'jose';
import { JwksUnavailable, RemoteJwks } from '../adapters/jwks.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import type { AuthorizerConfig, IssuerConfig } from '../contract/authorizer-config.ts';
import type { Rejected, Verdict } from '../contract/verdict.ts';
import { bearerToken } from '../core/bearer.ts';
import { verifiedFrom } from '../core/claims.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/**
 * What the verifier says of an `Authorization` header. Throws only when an issuer's keys cannot be had: an outage must
 * never become a cached rejection.
 */
export type Verifier = (authorization: string) => Promise<Verdict>;

interface Issuer {
  readonly config: IssuerConfig;
  readonly jwks: RemoteJwks;
}

const MALFORMED = rejected('the credential is not a bearer token');
const EXPIRED = rejected('the token has expired');
/** One text for all the rest: which part of a signature or claim was wrong helps only whoever forges tokens. */
const INVALID = rejected('the token is not valid');

/** @param clock epoch milliseconds */
export function createVerifier(config: AuthorizerConfig, clock: () => number): Verifier {
  const verified = new VerifiedTokens();
  const issuers = new Map(
    config.issuers.map((issuer): [string, Issuer] => [
      issuer.issuer,
      { config: issuer, jwks: new RemoteJwks(issuer.jwksUri, clock) },
    ]),
  );
  return async (authorization) => {
    const token = bearerToken(authorization);
    if (token === undefined) return MALFORMED;
    const known = verified.verdictOf(token, clock());
    if (known !== undefined) return known;
    const issuer = issuers.get(unverifiedIssuer(token) ?? '');
    return issuer === undefined ? INVALID : verify(token, issuer, verified, clock());
  };
}

async function verify(
  token: string,
  { config, jwks }: Issuer,
  verified: VerifiedTokens,
  nowMs: number,
): Promise<Verdict> {
  try {
    const { payload } = await jwtVerify(token, jwks.keyFor, {
      algorithms: [...config.algorithms],
      issuer: config.issuer,
      ...(config.audience === null ? {} : { audience: [...config.audience] }),
      requiredClaims: ['exp', 'sub'],
      clockTolerance: config.clockToleranceS,
      currentDate: new Date(nowMs),
    });
    const verdict = verifiedFrom(payload);
    if (verdict === undefined) return INVALID;
    const expiresAtS = (payload.exp ?? 0) + config.clockToleranceS;
    verified.remember(token, verdict, expiresAtS * 1000, nowMs);
    return verdict;
  } catch (error) {
    if (error instanceof JwksUnavailable) throw error;
    if (error instanceof errors.JWTExpired) return EXPIRED;
    // Anything else that jose did not foresee still denies, but must be seen.
    if (!(error instanceof errors.JOSEError))
      writeLine({ message: 'verification failed', error: describeError(error) });
    return INVALID;
  }
}

/** Names the issuer whose keys must then confirm the token; nothing else is read before the signature is checked. */
function unverifiedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function rejected(errorDescription: string): Rejected {
  return { verdict: 'rejected', error: 'invalid_token', errorDescription };
}
