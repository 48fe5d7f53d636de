import { API_KEY_PREFIX } from '../../contract/auth/api-key.ts';
import { AUTHORIZATION, type CredentialKind, type CredentialSource } from '../../contract/auth/auth-policy.ts';
import { bearerToken } from './bearer.ts';

/** A request's credential and its kind, or none, or a text that cannot be one. */
export type Presented =
  | {
      readonly kind: CredentialKind;
      readonly credential: string;
      /** In lower case, where it was found. */
      readonly header: string;
    }
  | { readonly kind: 'none' | 'malformed' | 'several' };

/**
 * Finds a request's credential where its route looks for one, and nowhere else: a cached verdict must not depend on
 * a header that is not in API Gateway's cache key.
 *
 * @param headers by lower-cased name
 */
export function presentedIn(
  headers: Readonly<Record<string, string | undefined>>,
  { headers: names }: CredentialSource,
): Presented {
  const given = names.filter((name) => (headers[name] ?? '') !== '');
  const [name] = given;
  if (name === undefined) return NONE;
  // RFC 6750 §2: a client must not use more than one way to send its token.
  if (given.length > 1) return SEVERAL;
  const value = headers[name] ?? '';
  return name === AUTHORIZATION ? inAuthorization(value) : { kind: 'apiKey', credential: value.trim(), header: name };
}

const NONE: Presented = { kind: 'none' };
const MALFORMED: Presented = { kind: 'malformed' };
const SEVERAL: Presented = { kind: 'several' };

function inAuthorization(value: string): Presented {
  const credential = bearerToken(value);
  if (credential === undefined) return MALFORMED;
  const kind = credential.startsWith(API_KEY_PREFIX) ? 'apiKey' : 'jwt';
  return { kind, credential, header: AUTHORIZATION };
}
