import { array, type Decoded, integer, member, nullable, object, record, string, withDefault } from '../decode.ts';
import { authPolicy } from './auth-policy.ts';
import type { ClaimPointer } from './claim-pointer.ts';
import { claimTest, pointer } from './claim-test.ts';

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

/** Which claim says what; null: no claim of this issuer's tokens does. */
const claimMapping = object({
  sub: pointer,
  email: nullable(pointer),
  roles: nullable(pointer),
  /** Undefined: `scp` where that is an array, else `scope`, else `scp`. */
  scopes: withDefault<ClaimPointer | null | undefined>(nullable(pointer), undefined),
  plan: nullable(pointer),
  tenant: nullable(pointer),
});
export type ClaimMapping = Decoded<typeof claimMapping>;

/** `jwt`: any signed token; `rfc9068`: an OAuth access token, checked as RFC 9068 §4 requires. */
export const TOKEN_PROFILES = ['jwt', 'rfc9068'] as const;
export type TokenProfile = (typeof TOKEN_PROFILES)[number];

/** One party whose tokens are accepted. */
const issuerConfig = object({
  /** The exact `iss` claim. */
  issuer: string,
  /** Accepted `aud` claims; null: any audience. */
  audience: nullable(array(string)),
  /** Null: the issuer's `/.well-known/openid-configuration` names it. */
  jwksUri: nullable(string),
  algorithms: array(member(ALGORITHMS)),
  /** Allowed clock difference for `exp` and `nbf`, in seconds. */
  clockToleranceS: integer,
  profile: member(TOKEN_PROFILES),
  /** Precedes the subjects, `partner` in `partner|alice`, so that no other issuer has the same; '': no prefix. */
  subjectPrefix: string,
  mapping: claimMapping,
  /** Tests that every token of this issuer must pass, on each route. */
  requires: array(claimTest),
});
export type IssuerConfig = Decoded<typeof issuerConfig>;

export const authorizerConfig = object({
  /** Name of the gateway, which is part of its keys in the table. */
  gateway: string,
  /**
   * The answer to a bad credential. `explained`: the proxy function answers 401 with `WWW-Authenticate`; `bare`: API Gateway
   * answers 403, and the request reaches no proxy function.
   */
  rejections: member(['explained', 'bare'] as const),
  issuers: array(issuerConfig),
  /** The claims in a verdict: those that a policy tests or an identity header holds. */
  claims: array(pointer),
  /** Each policy once; services and routes refer to it by its index. */
  policies: array(authPolicy),
  /** By the prefix of a service, `/api/users`: the policy of its default routes. */
  services: record(integer),
  /** By route key, `POST /api/payments/refunds`, where the policy is not that of the service. */
  routes: record(integer),
});
export type AuthorizerConfig = Decoded<typeof authorizerConfig>;
export type Rejections = AuthorizerConfig['rejections'];

export const DEFAULT_MAPPING: ClaimMapping = {
  sub: '/sub',
  email: '/email',
  roles: '/roles',
  scopes: undefined,
  plan: '/plan',
  tenant: '/tenant',
};

/** Defaults of an issuer's props. */
export const ISSUER_DEFAULTS = {
  jwksUri: null,
  // Those that issuers use. The user names any other algorithm.
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  clockToleranceS: 5,
  profile: 'jwt',
  subjectPrefix: '',
  mapping: DEFAULT_MAPPING,
  requires: [],
} as const satisfies Partial<IssuerConfig>;
