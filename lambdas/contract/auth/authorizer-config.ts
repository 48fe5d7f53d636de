import {
  array,
  type Decoder,
  decodeJson,
  integer,
  member,
  nullable,
  object,
  record,
  string,
  withDefault,
} from '../decode.ts';
import { type AuthPolicy, authPolicy, encodeAuth } from './auth-policy.ts';
import type { ClaimPointer } from './claim-pointer.ts';
import { type ClaimTest, claimTest, pointer } from './claim-test.ts';

/** Signature algorithms a gateway may accept: asymmetric ones only (RFC 8725 §3.1, §3.2). */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * How a bad credential is answered: `explained` lets the proxy function say 401 with `WWW-Authenticate`; `bare` is API
 * Gateway's own 403, and nothing behind the edge is reached.
 */
export type Rejections = 'explained' | 'bare';

/** Which claim says what; null: no claim of this issuer's tokens does. */
export interface ClaimMapping {
  readonly sub: ClaimPointer;
  readonly email: ClaimPointer | null;
  readonly roles: ClaimPointer | null;
  /** Undefined: `scp` where that is an array, else `scope`, else `scp`. */
  readonly scopes: ClaimPointer | null | undefined;
  readonly plan: ClaimPointer | null;
  readonly tenant: ClaimPointer | null;
}

export const DEFAULT_MAPPING: ClaimMapping = {
  sub: '/sub',
  email: '/email',
  roles: '/roles',
  scopes: undefined,
  plan: '/plan',
  tenant: '/tenant',
};

/** `jwt`: any signed token; `rfc9068`: an OAuth access token as RFC 9068 §4 has it checked. */
export const TOKEN_PROFILES = ['jwt', 'rfc9068'] as const;
export type TokenProfile = (typeof TOKEN_PROFILES)[number];

/** One party whose tokens are accepted. */
export interface IssuerConfig {
  /** The exact `iss` claim. */
  readonly issuer: string;
  /** Accepted `aud` claims; null: any audience. */
  readonly audience: readonly string[] | null;
  /** Null: what the issuer's `/.well-known/openid-configuration` says. */
  readonly jwksUri: string | null;
  readonly algorithms: readonly Algorithm[];
  /** Allowed clock difference for `exp` and `nbf`, in seconds. */
  readonly clockToleranceS: number;
  readonly profile: TokenProfile;
  /** Stands before the subjects, `partner` before `partner|alice`, so that they are nobody else's; '': nothing does. */
  readonly subjectPrefix: string;
  readonly mapping: ClaimMapping;
  /** What every token of this issuer must be, wherever it is used. */
  readonly requires: readonly ClaimTest[];
}

export interface AuthorizerConfig {
  /** Name of the gateway: what the table keeps for it bears it. */
  readonly gateway: string;
  readonly rejections: Rejections;
  readonly issuers: readonly IssuerConfig[];
  /** The claims that verdicts hand on, since a policy asks for them or an upstream is told. */
  readonly claims: readonly ClaimPointer[];
  /** Each policy once; the others name them by their place. */
  readonly policies: readonly AuthPolicy[];
  /** By the prefix of a service, `/api/users`: the policy of its default routes. */
  readonly services: Readonly<Record<string, number>>;
  /** By route key, `POST /api/payments/refunds`, where the policy is not that of the service. */
  readonly routes: Readonly<Record<string, number>>;
}

/** Leaves out what the decoder has as a default. */
export function encodeAuthorizerConfig(config: AuthorizerConfig): object {
  return { ...config, issuers: config.issuers.map(encodeIssuer), policies: config.policies.map(encodeAuth) };
}

function encodeIssuer({ mapping, profile, subjectPrefix, requires, jwksUri, ...issuer }: IssuerConfig): object {
  const own = Object.entries(mapping).filter(([name, claim]) => claim !== DEFAULT_MAPPING[name as keyof ClaimMapping]);
  return {
    ...issuer,
    ...(jwksUri !== null && { jwksUri }),
    ...(profile !== 'jwt' && { profile }),
    ...(subjectPrefix !== '' && { subjectPrefix }),
    ...(requires.length > 0 && { requires }),
    ...(own.length > 0 && { mapping: Object.fromEntries(own) }),
  };
}

/** @throws DecodeError naming the path, the rule and the value */
export function decodeAuthorizerConfig(json: string): AuthorizerConfig {
  return decodeJson(authorizerConfig, json, 'authorizer');
}

const claim = (fallback: ClaimPointer | null): Decoder<ClaimPointer | null> => withDefault(nullable(pointer), fallback);

const mapping: Decoder<ClaimMapping> = object({
  sub: withDefault(pointer, DEFAULT_MAPPING.sub),
  email: claim(DEFAULT_MAPPING.email),
  roles: claim(DEFAULT_MAPPING.roles),
  scopes: withDefault<ClaimPointer | null | undefined>(nullable(pointer), undefined),
  plan: claim(DEFAULT_MAPPING.plan),
  tenant: claim(DEFAULT_MAPPING.tenant),
});

const authorizerConfig = object({
  gateway: string,
  rejections: member(['explained', 'bare'] as const),
  issuers: array(
    object({
      issuer: string,
      audience: nullable(array(string)),
      jwksUri: withDefault(nullable(string), null),
      algorithms: array(member(ALGORITHMS)),
      clockToleranceS: integer,
      profile: withDefault(member(TOKEN_PROFILES), 'jwt'),
      subjectPrefix: withDefault(string, ''),
      mapping: withDefault(mapping, DEFAULT_MAPPING),
      requires: withDefault(array(claimTest), []),
    }),
  ),
  claims: array(pointer),
  policies: array(authPolicy),
  services: record(integer),
  routes: record(integer),
});
