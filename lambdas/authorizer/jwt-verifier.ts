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
/** The same to the client. The gateway does not count it as a guess. */
const GENUINE_BUT_EXPIRED: Rejected = { ...EXPIRED, expired: true };
/** One text for all the rest: which part of a signature or claim was wrong helps only whoever forges tokens. */
const INVALID = invalidToken('the token is not valid');

/** RFC 9068 §2.2: what an access token must have. */
const ACCESS_TOKEN_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** A signature each: more would make junk dear. */
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
  /** Rejects with JwksUnavailable when the issuer's keys cannot be had. */
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
 * Tries the keys in turn, a few at most, where several fit a token: an issuer that names none of its keys has two of a kind
 * while it changes them.
 *
 * @throws the error that was given, where it says something else or no key is the one
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
    // Who the subject is, and that there is one, the mapping says.
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

/** What the issuer's own rules find in a payload; undefined: it is not one of the issuer's tokens. */
function readBy({ config, read }: Issuer, payload: JWTPayload): Verified | undefined {
  return hasNames(payload, config) ? read(payload) : undefined;
}

/** RFC 9068 §2.2 has them as strings; jose looks only whether they are there. */
function hasNames({ client_id: client, jti }: JWTPayload, { profile }: IssuerConfig): boolean {
  return profile !== 'rfc9068' || [client, jti].every((name) => typeof name === 'string' && name !== '');
}

/** @throws what is an outage */
function rejectionOf(error: unknown, issuer: Issuer): Rejected {
  if (error instanceof JwksUnavailable) throw error;
  // jose checks the signature, the issuer, the audience and `nbf` before `exp`: this token has passed them all.
  if (error instanceof errors.JWTExpired) return readBy(issuer, error.payload) ? GENUINE_BUT_EXPIRED : EXPIRED;
  // What jose did not foresee still denies, but must be seen.
  if (!(error instanceof errors.JOSEError)) writeLine({ message: 'verification failed', error: describeError(error) });
  return INVALID;
}

/** Names the issuer whose keys must then confirm the token; nothing else is read before the signature is checked. */
function unverifiedIssuer(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
