import { array, type Decoded, member, nullable, object, string, variant } from '../decode.ts';
import { claimTest } from './claim-test.ts';

export const CREDENTIAL_KINDS = ['jwt', 'apiKey'] as const;
/** The kinds of credentials; each has a verifier of its own. */
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** The header of credentials of both kinds. It alone is API Gateway's key for cached verdicts. */
export const AUTHORIZATION = 'authorization';

/** One kind of credential that a route takes, and what such a credential must hold. */
const accepted = object({
  kind: member(CREDENTIAL_KINDS),
  /** The header of this route's API keys, such as `x-api-key`; null: `Authorization: Bearer`. */
  header: nullable(string),
  /** All of them. */
  scopes: array(string),
  /** One of them at least; an empty list asks for nothing. */
  anyScope: array(string),
  roles: array(string),
  anyRole: array(string),
  /** All of them must hold. */
  claims: array(claimTest),
});
export type Acceptance = Decoded<typeof accepted>;

const credential = object({ accepts: array(accepted) });
/** Who may call a route. */
export const authPolicy = variant('type', {
  /** All clients. The user must write this out; it is never a default. */
  none: object({}),
  required: credential,
  /** Requests without a credential pass. A bad credential is refused here, too. */
  optional: credential,
});
export type AuthPolicy = Decoded<typeof authPolicy>;

/** A credential of that kind that has to hold nothing. */
export function acceptance(kind: CredentialKind, more: Partial<Omit<Acceptance, 'kind'>> = {}): Acceptance {
  return { kind, header: null, scopes: [], anyScope: [], roles: [], anyRole: [], claims: [], ...more };
}

/** The default of a route: any valid token of the gateway's issuers. */
export const ANY_JWT: AuthPolicy = { type: 'required', accepts: [acceptance('jwt')] };

/** Where a route's credential is looked for, and what a cached verdict may therefore depend on. */
export interface CredentialSource {
  /** Names in lower case, `Authorization` first. */
  readonly headers: readonly string[];
  /**
   * False: API Gateway asks the authorizer for each request. Every identity source of a cached authorizer must be
   * present, so it knows no route that takes one header or another, or none.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
   */
  readonly cacheable: boolean;
}

export function credentialSource(policy: Exclude<AuthPolicy, { readonly type: 'none' }>): CredentialSource {
  const headers = [...new Set(policy.accepts.map(({ header }) => header ?? AUTHORIZATION))];
  headers.sort((one, other) => Number(other === AUTHORIZATION) - Number(one === AUTHORIZATION));
  return { headers, cacheable: policy.type === 'required' && headers.length === 1 };
}
