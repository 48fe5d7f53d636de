import type { ClaimValue } from '../contract/claim-test.ts';
import { type IdentityField, type IdentityHeaders, isIdentityField } from '../contract/identity-headers.ts';
import type { Verified } from '../contract/verdict.ts';

/** What of a field is told of a credential that says nothing of it, or of a route that takes none: no header. */
const UNTOLD = '';

/**
 * Tells an upstream who calls, in the headers that the gateway has for it. Only the gateway may set them. On public
 * routes the client is the network of its address, `ip:192.0.2.1` or `ip:2001:db8::`, as limits count it; the address
 * itself is in `x-forwarded-for`.
 */
export function identityTeller(
  headers: IdentityHeaders,
): (verified: Verified | undefined, client: string) => Record<string, string> {
  const sources = Object.entries(headers);
  return (verified, client) => {
    const told: Record<string, string> = {};
    for (const [name, source] of sources) {
      const value = source === 'client' ? client : verified === undefined ? UNTOLD : toldOf(source, verified);
      if (value !== UNTOLD) told[name] = headerValue(value);
    }
    return told;
  };
}

function toldOf(source: string, verified: Verified): string {
  return isIdentityField(source) ? FIELDS[source](verified) : claimText(verified.claims[source]);
}

const FIELDS: Readonly<Record<IdentityField, (verified: Verified) => string>> = {
  client: ({ client }) => client,
  sub: ({ sub }) => sub,
  email: ({ email }) => email,
  roles: ({ roles }) => JSON.stringify(roles),
  scopes: ({ scopes }) => scopes.join(' '),
  plan: ({ plan }) => plan,
  tenant: ({ tenant }) => tenant,
  issuer: ({ issuer }) => issuer,
  kind: ({ kind }) => kind,
};

/** A text as it is, all else as JSON: an array is told from a text by its bracket. */
function claimText(value: ClaimValue | undefined): string {
  if (value === undefined) return UNTOLD;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * A claim as a header value: visible ASCII stays, everything else is percent-encoded as UTF-8 (RFC 9110 §5.5 leaves
 * other bytes opaque, and Node refuses them), and so is `%` itself, so that no two claims give the same value.
 */
function headerValue(value: string): string {
  return value.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]|^ | $/gu, encodeURIComponent);
}
