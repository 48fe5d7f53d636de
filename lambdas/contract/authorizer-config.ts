import { array, decodeJson, integer, member, nullable, object, string } from './decode.ts';

/** Signature algorithms a gateway may accept: asymmetric ones only (RFC 8725 §3.1, §3.2). */
export const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * How a bad credential is answered: `explained` lets the proxy function say 401 with `WWW-Authenticate`; `bare` is API
 * Gateway's own 403, and nothing behind the edge is reached.
 */
export type Rejections = 'explained' | 'bare';

/** One party whose tokens are accepted. */
export interface IssuerConfig {
  /** The exact `iss` claim. */
  readonly issuer: string;
  /** Accepted `aud` claims; null: any audience. */
  readonly audience: readonly string[] | null;
  readonly jwksUri: string;
  readonly algorithms: readonly Algorithm[];
  /** Allowed clock difference for `exp` and `nbf`, in seconds. */
  readonly clockToleranceS: number;
}

export interface AuthorizerConfig {
  readonly rejections: Rejections;
  readonly issuers: readonly IssuerConfig[];
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeAuthorizerConfig(json: string): AuthorizerConfig {
  return decodeJson(authorizerConfig, json, 'authorizer');
}

const authorizerConfig = object({
  rejections: member(['explained', 'bare'] as const),
  issuers: array(
    object({
      issuer: string,
      audience: nullable(array(string)),
      jwksUri: string,
      algorithms: array(member(ALGORITHMS)),
      clockToleranceS: integer,
    }),
  ),
});
