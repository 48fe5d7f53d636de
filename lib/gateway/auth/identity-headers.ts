import { type AuthPolicy, credentialSource } from '../../../lambdas/contract/auth/auth-policy.ts';
import { type ClaimPath, claimPointer } from '../../../lambdas/contract/auth/claim-pointer.ts';
import {
  DEFAULT_IDENTITY_HEADERS,
  IDENTITY_FIELDS,
  type IdentityField,
  type IdentityHeaders,
  isIdentityField,
} from '../../../lambdas/contract/auth/identity-headers.ts';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import { checkKind, checkProps, isObject, type Kind, type PropKinds, required } from '../props/check-props.ts';
import { freeHeaderName } from '../props/header-name.ts';
import { CLAIM_PATH } from './claim-path.ts';

/** A claim of the credential, as its issuer calls it; of an API key there is one, `owner`. */
export interface ClaimSource {
  readonly claim: ClaimPath;
}

/** By the header's name, `x-user-id`: the fact about the caller that it holds. */
export type IdentityHeaderProps = Readonly<Record<string, IdentityField | ClaimSource>>;

export const IDENTITY_HEADERS: Kind = {
  is: (value) => isObject(value) && !Array.isArray(value),
  rule: 'an object by header name',
  fix: "write one like { 'x-user-id': 'sub', 'x-department': { claim: 'department' } }",
};

const CLAIM_SOURCE = { claim: required(CLAIM_PATH) } satisfies PropKinds<ClaimSource>;
const FIELD: Kind = {
  is: (value) => typeof value === 'string' && isIdentityField(value),
  rule: `one of ${IDENTITY_FIELDS.join(', ')} or a claim`,
  fix: "write one like 'sub' or { claim: 'department' }",
};
const MAX_HEADERS = 20;

/** The identity headers in the form that the functions read. */
export function identityHeaders(props: IdentityHeaderProps | undefined): IdentityHeaders {
  if (props === undefined) return DEFAULT_IDENTITY_HEADERS;
  const headers: Record<string, IdentityHeaders[string]> = {};
  for (const [name, source] of Object.entries(props)) {
    const header = headerName(name);
    if (Object.hasOwn(headers, header)) {
      throw new InvalidPropError(
        `each of identityHeaders must be given once, got ${JSON.stringify(header)} twice: letter case tells no two headers apart; leave one out`,
      );
    }
    headers[header] = about(`identityHeaders: ${header}`, () => sourceOf(source));
  }
  const count = Object.keys(headers).length;
  if (count > MAX_HEADERS) {
    throw new InvalidPropError(
      `identityHeaders must be at most ${MAX_HEADERS}, got ${count}: tell upstreams what they use, or forward the token by forwardAuthorization`,
    );
  }
  return headers;
}

function headerName(name: string): string {
  const fix = "write one like 'x-user-id'";
  const header = freeHeaderName('a header of identityHeaders', name, fix);
  if (header.startsWith('x-')) return header;
  throw new InvalidPropError(
    `a header of identityHeaders must begin with x-, got ${JSON.stringify(name)}: others are the client's to send; ${fix}`,
  );
}

function sourceOf(source: IdentityField | ClaimSource) {
  if (isObject(source)) {
    checkProps(source, CLAIM_SOURCE);
    return claimPointer(source.claim);
  }
  checkKind('its source', source, FIELD);
  return source;
}

/** @throws InvalidPropError if a credential comes in a header that names the caller to upstreams */
export function checkCredentialApart(auth: AuthPolicy, headers: IdentityHeaders): void {
  if (auth.type === 'none') return;
  const both = credentialSource(auth).headers.find((name) => Object.hasOwn(headers, name));
  if (both === undefined) return;
  throw new InvalidPropError(
    `the header of an API key must be none of the gateway's identityHeaders, got ${JSON.stringify(both)}: give one of them another name`,
  );
}
