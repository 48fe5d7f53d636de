import {
  type CryptoKey,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { JwksUnavailable } from '../adapters/auth/issuer-document.ts';
import { describeError, writeLine } from '../adapters/log.ts';
import type { IssuerConfig } from '../contract/auth/authorizer-config.ts';
import type { ClaimPointer } from '../contract/auth/claim-pointer.ts';
import type { Rejected, Verified } from '../contract/auth/verdict.ts';
import { invalidToken } from '../core/auth/authorization.ts';
import { tokenReader } from '../core/auth/claims.ts';
import { isCompactJws } from '../core/auth/compact-form.ts';
import { type CredentialVerifier, MAX_BELIEVED_MS, type Verification } from './credential-verifier.ts';

const EXPIRED = invalidToken('the token has expired');
/** The client gets the same answer. The gateway does not count it as a bad credential. */
const GENUINE_BUT_EXPIRED: Rejected = { ...EXPIRED, expired: true };
/** One text for all other rejections: more detail would help only an attacker who forges tokens. */
const INVALID = invalidToken('the token is not valid');

/** RFC 9068 §2.2: what an access token must have. */
const ACCESS_TOKEN_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Each tried key costs one signature check; the bound keeps junk tokens cheap. */
const MAX_TRIED_KEYS = 4;

interface Issuer {
  readonly config: IssuerConfig;
  readonly keyFor: JWTVerifyGetKey;
  readonly options: JWTVerifyOptions;
  readonly read: (claims: JWTPayload) => Verified | undefined;
}

export interface JwtVerifierOptions {
  readonly issuers: readonly IssuerConfig[];
  /** The claims that verdicts are to have. */
  readonly claims: readonly ClaimPointer[];
  /** Rejects with JwksUnavailable if the issuer's keys are not available. */
  readonly keysOf: (issuer: IssuerConfig) => JWTVerifyGetKey;
}

/** Verifies signed tokens (RFC 7519) of several issuers, each by its own keys and rules. */
export class JwtVerifier implements CredentialVerifier {
  readonly #issuers: ReadonlyMap<string, Issuer>;

  constructor({ issuers, claims, keysOf }: JwtVerifierOptions) {
    const prefixes = issuers.map(({ subjectPrefix }) => subjectPrefix);
    this.#issuers = new Map(
      issuers.map((config): [string, Issuer] => [
        config.issuer,
        { config, keyFor: keysOf(config), options: optionsOf(config), read: tokenReader(config, claims, prefixes) },
      ]),
    );
  }

  async verify(token: string, nowMs: number): Promise<Verification> {
    const issuer = isCompactJws(token) ? this.#issuers.get(unverifiedIssuer(token) ?? '') : undefined;
    if (issuer === undefined) return INVALID;
    const options = { ...issuer.options, currentDate: new Date(nowMs) };
    try {
      const { payload } = await jwtVerify(token, issuer.keyFor, options).catch((error) =>
        byOneOfSeveral(error, (key) => jwtVerify(token, key, options)),
      );
      return verificationOf(payload, issuer, nowMs);
    } catch (error) {
      return rejectionOf(error, issuer);
    }
  }
}

/**
 * Tries a few keys in turn if several match a token. An issuer whose keys have no `kid` has two of one type during a
 * rotation.
 *
 * @throws the given error if it has another reason, or if no key verifies the token
 */
async function byOneOfSeveral<T>(error: unknown, verify: (key: CryptoKey) => Promise<T>): Promise<T> {
  if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
  let tried = 0;
  for await (const key of error) {
    if (tried === MAX_TRIED_KEYS) break;
    tried += 1;
    try {
      return await verify(key);
    } catch (mismatch) {
      if (!(mismatch instanceof errors.JWSSignatureVerificationFailed)) throw mismatch;
    }
  }
  throw error;
}

/** An explicit list of algorithms, and of types where asked for (RFC 8725 §3.1, §3.11). */
function optionsOf({ issuer, audience, algorithms, clockToleranceS, profile }: IssuerConfig): JWTVerifyOptions {
  const isAccessToken = profile === 'rfc9068';
  return {
    algorithms: [...algorithms],
    issuer,
    ...(audience !== null && { audience: [...audience] }),
    ...(isAccessToken && { typ: 'at+jwt' }),
    // The mapping names the claim with the subject and requires it.
    requiredClaims: isAccessToken ? ACCESS_TOKEN_CLAIMS : ['exp'],
    clockTolerance: clockToleranceS,
  };
}

function verificationOf(payload: JWTPayload, issuer: Issuer, nowMs: number): Verification {
  const { config } = issuer;
  const verified = readBy(issuer, payload);
  if (verified === undefined) return INVALID;
  const expiresAtMs = ((payload.exp ?? 0) + config.clockToleranceS) * 1000;
  return { verdict: 'accepted', verified, untilMs: Math.min(expiresAtMs, nowMs + MAX_BELIEVED_MS) };
}

/** Reads a payload by the issuer's rules; undefined if the payload breaks them. */
function readBy({ config, read }: Issuer, payload: JWTPayload): Verified | undefined {
  return hasNames(payload, config) ? read(payload) : undefined;
}

/** RFC 9068 §2.2 defines them as strings; jose checks only that they exist. */
function hasNames({ client_id: client, jti }: JWTPayload, { profile }: IssuerConfig): boolean {
  return profile !== 'rfc9068' || [client, jti].every((name) => typeof name === 'string' && name !== '');
}

/** @throws JwksUnavailable, because an outage is no rejection */
function rejectionOf(error: unknown, issuer: Issuer): Rejected {
  if (error instanceof JwksUnavailable) throw error;
  // jose checks the signature, the issuer, the audience and `nbf` before `exp`: this token has passed them all.
  if (error instanceof errors.JWTExpired) return readBy(issuer, error.payload) ? GENUINE_BUT_EXPIRED : EXPIRED;
  // An unexpected error denies, too, and must appear in the log.
  if (!(error instanceof errors.JOSEError)) writeLine({ message: 'verification failed', error: describeError(error) });
  return INVALID;
}

/** Selects the issuer whose keys must verify the token. No other claim is read before that. */
function unverifiedIssuer(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
