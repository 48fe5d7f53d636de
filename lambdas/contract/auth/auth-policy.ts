import { array, type Decoder, member, nullable, object, string, withDefault } from '../decode.ts';
import { type ClaimTest, claimTest } from './claim-test.ts';

export const CREDENTIAL_KINDS = ['jwt', 'apiKey'] as const;
/** What a credential is; each kind has a verifier of its own. */
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** The header in which credentials of both kinds travel: it alone is what API Gateway caches verdicts by. */
export const AUTHORIZATION = 'authorization';

/** One kind of credential that a route takes, and what such a credential must hold. */
export interface Acceptance {
  readonly kind: CredentialKind;
  /** The header of its own in which API keys of this route travel, `x-api-key`; null: `Authorization: Bearer`. */
  readonly header: string | null;
  /** All of them. */
  readonly scopes: readonly string[];
  /** One of them at least; an empty list asks for nothing. */
  readonly anyScope: readonly string[];
  readonly roles: readonly string[];
  readonly anyRole: readonly string[];
  /** All of them must hold. */
  readonly claims: readonly ClaimTest[];
}

/**
 * Who may call a route. `none` is written out by the user, never implied. An `optional` route lets those pass who present
 * no credential; a bad one is refused there, too.
 */
export type AuthPolicy =
  | { readonly type: 'none' }
  | { readonly type: 'required' | 'optional'; readonly accepts: readonly Acceptance[] };

/** A credential of that kind that has to hold nothing. */
export function acceptance(kind: CredentialKind, more: Partial<Omit<Acceptance, 'kind'>> = {}): Acceptance {
  return { kind, header: null, scopes: [], anyScope: [], roles: [], anyRole: [], claims: [], ...more };
}

/** What a route asks for unless it says otherwise: any valid token of the gateway's issuers. */
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

/** Leaves out what the decoder has as a default: each cold start reads the document, and people do. */
export function encodeAuth(policy: AuthPolicy): object {
  if (policy.type === 'none') return policy;
  return { type: policy.type, accepts: policy.accepts.map(encodeAcceptance) };
}

function encodeAcceptance(accepted: Acceptance): object {
  const entries = Object.entries(accepted);
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value.length > 0));
}

const strings = withDefault(array(string), []);
const acceptanceOf: Decoder<Acceptance> = object({
  kind: member(CREDENTIAL_KINDS),
  header: withDefault(nullable(string), null),
  scopes: strings,
  anyScope: strings,
  roles: strings,
  anyRole: strings,
  claims: withDefault(array(claimTest), []),
});
const typed = object({ type: member(['none', 'required', 'optional'] as const) });
const credentials = object({ accepts: array(acceptanceOf) });

export const authPolicy: Decoder<AuthPolicy> = (value, path) => {
  const { type } = typed(value, path);
  return type === 'none' ? { type } : { type, ...credentials(value, path) };
};
