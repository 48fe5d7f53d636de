import { array, type Decoder, decodeJson, member, object, string, withDefault } from '../decode.ts';
import { CREDENTIAL_KINDS, type CredentialKind } from './auth-policy.ts';
import { type ClaimValues, claimValues } from './claim-test.ts';

/** What the authorizer found out about a request's credentials. */
export type Verdict = Verified | Rejected | Anonymous;

/** The holder of a credential, as limits and revocations name it. A field that the credential lacks is empty. */
export interface Bearer {
  /** Who a limit counts: `sub:alice`, `key:4fzN9qXw2LbC`. */
  readonly client: string;
  /** Empty for an API key, which is no user's. */
  readonly sub: string;
  readonly plan: string;
  readonly tenant: string;
  /** The token's id, by which it can be revoked. */
  readonly jti: string;
}

export interface Verified extends Bearer {
  readonly verdict: 'verified';
  readonly kind: CredentialKind;
  /** Empty where the credential has none; likewise `issuer`. */
  readonly email: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly issuer: string;
  /** The claims that a policy of the gateway checks or that an upstream gets. */
  readonly claims: ClaimValues;
}

/** The fields of `Bearer` are empty for an unknown credential. A known one is good, and lacks a right. */
export interface Rejected extends Bearer {
  readonly verdict: 'rejected';
  /** The error code of RFC 6750 §3.1. */
  readonly error: 'invalid_token' | 'insufficient_scope';
  /** For the client; it does not say what was wrong with a signature. */
  readonly errorDescription: string;
  /** The scopes that the route needs, if scopes are missing. */
  readonly scopes: readonly string[];
  /** True for a credential that was good and has expired. */
  readonly expired: boolean;
}

/** No credential was presented, and the authorizer was asked all the same. */
export interface Anonymous {
  readonly verdict: 'anonymous';
}

/** Undefined for an unknown credential, and for none. */
export function bearerOf(verdict: Verdict | undefined): Bearer | undefined {
  return verdict === undefined || verdict.verdict === 'anonymous' || verdict.client === '' ? undefined : verdict;
}

/** The context of a SIMPLE authorizer response: API Gateway hands strings on as they are. */
export type VerdictContext = Readonly<Record<string, string>>;

export function encodeVerdict(verdict: Verdict): VerdictContext {
  switch (verdict.verdict) {
    case 'anonymous':
      return { verdict: 'anonymous' };
    case 'rejected': {
      const { error, errorDescription, scopes, expired, client, sub, plan, tenant, jti } = verdict;
      return {
        verdict: 'rejected',
        error,
        error_description: errorDescription,
        ...(scopes.length > 0 && { scopes: scopes.join(' ') }),
        ...(expired && { expired: 'true' }),
        ...(client !== '' && { client, sub, ...withText({ plan, tenant, jti }) }),
      };
    }
    case 'verified':
      return {
        ...verdict,
        roles: JSON.stringify(verdict.roles),
        scopes: verdict.scopes.join(' '),
        claims: JSON.stringify(verdict.claims),
      };
  }
}

function withText(fields: VerdictContext): VerdictContext {
  return Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== ''));
}

/** @throws DecodeError: the caller must then treat the request as one without a verdict */
export function decodeVerdict(context: unknown): Verdict {
  const { verdict } = any(context, 'authorizer');
  switch (verdict) {
    case 'anonymous':
      return { verdict };
    case 'rejected': {
      const { error_description: errorDescription, expired, ...rest } = rejected(context, 'authorizer');
      return { verdict, errorDescription, expired: expired === 'true', ...rest };
    }
    case 'verified':
      return verified(context, 'authorizer');
  }
}

const spaceSeparated: Decoder<readonly string[]> = (value, path) =>
  string(value, path)
    .split(' ')
    .filter((scope) => scope !== '');

const strings = array(string);
const jsonStrings: Decoder<readonly string[]> = (value, path) => decodeJson(strings, string(value, path), path);
const jsonClaims: Decoder<ClaimValues> = (value, path) =>
  value === '{}' ? NO_CLAIMS : decodeJson(claimValues, string(value, path), path);
const NO_CLAIMS: ClaimValues = {};

// Made once, because they decode every request. A field with a default is missing in verdicts cached by an older version.
const any = object({ verdict: member(['verified', 'rejected', 'anonymous'] as const) });
const rejected = object({
  error: member(['invalid_token', 'insufficient_scope'] as const),
  error_description: string,
  scopes: withDefault(spaceSeparated, []),
  expired: withDefault(member(['true', 'false'] as const), 'false'),
  client: withDefault(string, ''),
  sub: withDefault(string, ''),
  plan: withDefault(string, ''),
  tenant: withDefault(string, ''),
  jti: withDefault(string, ''),
});
const verified: Decoder<Verified> = object({
  verdict: member(['verified'] as const),
  kind: withDefault(member(CREDENTIAL_KINDS), 'jwt'),
  client: string,
  sub: string,
  email: string,
  roles: jsonStrings,
  scopes: spaceSeparated,
  plan: string,
  tenant: string,
  jti: withDefault(string, ''),
  issuer: withDefault(string, ''),
  claims: withDefault(jsonClaims, NO_CLAIMS),
});
