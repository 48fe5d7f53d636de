import { DecodeError, type Decoder, record } from '../decode.ts';
import type { ClaimPointer } from './claim-pointer.ts';

/** The fields of a verdict that the proxy function may send to an upstream. */
export const IDENTITY_FIELDS = [
  'client',
  'sub',
  'email',
  'roles',
  'scopes',
  'plan',
  'tenant',
  'issuer',
  'kind',
] as const;
export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** By the header's name in lower case: a field of the verdict, or a claim. */
export type IdentityHeaders = Readonly<Record<string, IdentityField | ClaimPointer>>;

export const DEFAULT_IDENTITY_HEADERS: IdentityHeaders = {
  'x-client-id': 'client',
  'x-user-id': 'sub',
  'x-user-email': 'email',
  'x-user-roles': 'roles',
  'x-user-scopes': 'scopes',
};

export function isIdentityField(source: string): source is IdentityField {
  return IDENTITY_FIELDS.includes(source as IdentityField);
}

export const identityHeaders: Decoder<IdentityHeaders> = record((value, path) => {
  if (typeof value === 'string' && (isIdentityField(value) || value.startsWith('/'))) return value;
  throw new DecodeError(path, `one of ${IDENTITY_FIELDS.join(', ')}, or a JSON pointer`, value);
});
