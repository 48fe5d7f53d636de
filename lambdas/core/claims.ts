import { isRuleName } from '../contract/rule-id.ts';
import { SCOPE } from '../contract/scope.ts';
import type { Verified } from '../contract/verdict.ts';

/** The claims of a verified token; their values are still of any type. */
export type Claims = Readonly<Record<string, unknown>>;

/** Longest value of a claim that becomes a header; a longer one is left out. */
const MAX_CLAIM_LENGTH = 1024;
/** All scopes together, which are many in one claim. */
const MAX_SCOPES_LENGTH = 4096;

/**
 * Turns the claims of a verified token into a verdict, or undefined when they name no subject, or one that no operator
 * could name: who cannot be revoked is not let in. Such a `plan`, `tenant` or `jti` is left out.
 *
 * `scope` is a string (RFC 8693 §4.2) or `scp` an array; `roles` an array of strings or one string.
 */
export function verifiedFrom(claims: Claims): Verified | undefined {
  const sub = claims['sub'];
  if (typeof sub !== 'string' || !isRuleName(sub)) return undefined;
  return {
    verdict: 'verified',
    client: `sub:${sub}`,
    sub,
    email: text(claims['email']),
    roles: texts(claims['roles']),
    scopes: scopesOf(claims),
    plan: name(claims['plan']),
    tenant: name(claims['tenant']),
    jti: name(claims['jti']),
  };
}

function scopesOf(claims: Claims): readonly string[] {
  const scopes = Array.isArray(claims['scp'])
    ? texts(claims['scp'])
    : text(claims['scope'] ?? claims['scp'], MAX_SCOPES_LENGTH).split(' ');
  // One item of `scp` that holds a space would be read as several scopes further on.
  return scopes.filter((scope) => SCOPE.test(scope));
}

function texts(value: unknown): readonly string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => text(item)).filter((item) => item !== '');
}

/** Some issuers number their tenants and tokens: `42` is the tenant that `tenant:42` names. */
function name(value: unknown): string {
  const written = Number.isSafeInteger(value) ? String(value) : value;
  return typeof written === 'string' && isRuleName(written) ? written : '';
}

/** A lone surrogate has no UTF-8, so that two claims which differ in one would become the same header. */
function text(value: unknown, maxLength = MAX_CLAIM_LENGTH): string {
  return typeof value === 'string' && value.length <= maxLength && value.isWellFormed() ? value : '';
}
