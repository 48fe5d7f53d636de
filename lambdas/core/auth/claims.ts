import type { IssuerConfig } from '../../contract/auth/authorizer-config.ts';
import { type ClaimPointer, type Claims, claimReader } from '../../contract/auth/claim-pointer.ts';
import { SCOPE } from '../../contract/auth/scope.ts';
import type { Verified } from '../../contract/auth/verdict.ts';
import { isRuleName } from '../../contract/rule-name.ts';
import { claimValuesReader, holds } from './claim-values.ts';

/** Longest claim that becomes a header; a longer one is left out. */
const MAX_CLAIM_LENGTH = 1024;
/** Longest claim with scopes, which holds all of them. */
const MAX_SCOPES_LENGTH = 4096;
/** Separates an issuer's prefix, which never contains it, from the subject. */
const PREFIX_END = '|';

/**
 * Reads the caller from verified tokens of one issuer, by the issuer's mapping. It refuses a token (undefined) that breaks
 * the issuer's requirements, or whose subject is missing or cannot be named in a rule: an operator could not revoke it. It
 * leaves out a `plan`, `tenant` or `jti` that cannot be named.
 *
 * @param handedOn the claims that the verdict must contain
 * @param prefixes of all issuers: an issuer must not use another issuer's prefix in its subjects
 */
export function tokenReader(
  { issuer, mapping, subjectPrefix, requires }: Pick<IssuerConfig, 'issuer' | 'mapping' | 'subjectPrefix' | 'requires'>,
  handedOn: readonly ClaimPointer[],
  prefixes: readonly string[],
): (claims: Claims) => Verified | undefined {
  const { sub: subOf, email, roles, plan, tenant } = readers(mapping);
  const scopesOf = mapping.scopes === undefined ? usualScopes : scopesIn(readerOf(mapping.scopes));
  const required = claimValuesReader(requires.map(({ claim }) => claim));
  const handed = claimValuesReader(handedOn);
  const others = prefixes.filter((prefix) => prefix !== '' && prefix !== subjectPrefix);
  const isOthers = (sub: string) => others.some((prefix) => sub.startsWith(`${prefix}${PREFIX_END}`));
  return (claims) => {
    const values = required(claims);
    if (!requires.every((test) => holds(test, values))) return undefined;
    const own = name(subOf(claims));
    const sub = own === '' || subjectPrefix === '' ? own : `${subjectPrefix}${PREFIX_END}${own}`;
    if (!isRuleName(sub) || isOthers(sub)) return undefined;
    return {
      verdict: 'verified',
      kind: 'jwt',
      client: `sub:${sub}`,
      sub,
      email: text(email(claims)),
      roles: texts(roles(claims)),
      scopes: scopesOf(claims),
      plan: label(plan(claims)),
      tenant: label(tenant(claims)),
      jti: label(claims['jti']),
      issuer,
      claims: handed(claims),
    };
  };
}

type Reader = (claims: Claims) => unknown;

function readers({ sub, email, roles, plan, tenant }: IssuerConfig['mapping']) {
  return {
    sub: readerOf(sub),
    email: readerOf(email),
    roles: readerOf(roles),
    plan: readerOf(plan),
    tenant: readerOf(tenant),
  };
}

function readerOf(pointer: ClaimPointer | null): Reader {
  return pointer === null ? () => undefined : claimReader(pointer);
}

/** `scp` as an array, or `scope` as a string (RFC 8693 §4.2), or `scp` as a string. */
const usualScopes = scopesIn((claims) =>
  Array.isArray(claims['scp']) ? claims['scp'] : (claims['scope'] ?? claims['scp']),
);

function scopesIn(read: Reader): (claims: Claims) => readonly string[] {
  return (claims) => {
    const value = read(claims);
    const scopes = Array.isArray(value) ? texts(value) : text(value, MAX_SCOPES_LENGTH).split(' ');
    // Later code would read an item with a space as several scopes.
    return scopes.filter((scope) => SCOPE.test(scope));
  };
}

function texts(value: unknown): readonly string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => text(item)).filter((item) => item !== '');
}

/** A subject must be a string (RFC 7519 §4.1.2). */
function name(value: unknown): string {
  return typeof value === 'string' && isRuleName(value) ? value : '';
}

/** Some issuers number their tenants and tokens: the number 42 becomes `tenant:42`. */
function label(value: unknown): string {
  return name(Number.isSafeInteger(value) ? String(value) : value);
}

/** A lone surrogate has no UTF-8: two claims that differ only in one would become the same header. */
function text(value: unknown, maxLength = MAX_CLAIM_LENGTH): string {
  return typeof value === 'string' && value.length <= maxLength && value.isWellFormed() ? value : '';
}
