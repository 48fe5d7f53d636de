import { array, type Decoder, decodeJson, member, object, string, withDefault } from './decode.ts';

/** What the authorizer found out about a request's credentials. */
export type Verdict = Verified | Rejected;

export interface Verified {
  readonly verdict: 'verified';
  /** Who a limit counts: `sub:alice`. */
  readonly client: string;
  readonly sub: string;
  /** Empty where the token has none; likewise `plan`, `tenant` and `jti`. */
  readonly email: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly plan: string;
  readonly tenant: string;
  /** The token's id, by which it can be revoked. */
  readonly jti: string;
}

export interface Rejected {
  readonly verdict: 'rejected';
  /** The error code of RFC 6750 §3.1. */
  readonly error: 'invalid_token';
  /** For the client's eyes; says nothing of what was wrong with a signature. */
  readonly errorDescription: string;
}

/** The context of a SIMPLE authorizer response: API Gateway hands strings on as they are. */
export type VerdictContext = Readonly<Record<string, string>>;

export function encodeVerdict(verdict: Verdict): VerdictContext {
  if (verdict.verdict === 'rejected') {
    return { verdict: 'rejected', error: verdict.error, error_description: verdict.errorDescription };
  }
  return {
    ...verdict,
    roles: JSON.stringify(verdict.roles),
    scopes: verdict.scopes.join(' '),
  };
}

/** @throws DecodeError: whoever cannot read a verdict must treat the request as having none */
export function decodeVerdict(context: unknown): Verdict {
  const { verdict } = either(context, 'authorizer');
  if (verdict === 'verified') return { verdict, ...verified(context, 'authorizer') };
  const { error, error_description } = rejected(context, 'authorizer');
  return { verdict, error, errorDescription: error_description };
}

const spaceSeparated: Decoder<readonly string[]> = (value, path) =>
  string(value, path)
    .split(' ')
    .filter((scope) => scope !== '');

const strings = array(string);
const jsonStrings: Decoder<readonly string[]> = (value, path) => decodeJson(strings, string(value, path), path);

// Made once: every request is decoded by these.
const either = object({ verdict: member(['verified', 'rejected'] as const) });
const rejected = object({ error: member(['invalid_token'] as const), error_description: string });
const verified = object({
  client: string,
  sub: string,
  email: string,
  roles: jsonStrings,
  scopes: spaceSeparated,
  plan: string,
  tenant: string,
  // A verdict that was cached before there was one.
  jti: withDefault(string, ''),
});
