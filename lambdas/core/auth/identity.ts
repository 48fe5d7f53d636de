import type { ClaimPointer } from '../../contract/auth/claim-pointer.ts';
import type { ClaimValue } from '../../contract/auth/claim-test.ts';
import { type IdentityField, type IdentityHeaders, isIdentityField } from '../../contract/auth/identity-headers.ts';
import type { Verified } from '../../contract/auth/verdict.ts';

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
  const tellers = Object.entries(headers).map(([name, source]) => [name, tellerOf(source)] as const);
  return (verified, client) => {
    const told: Record<string, string> = {};
    for (const [name, tell] of tellers) {
      const value = tell(verified, client);
      if (value !== UNTOLD) told[name] = headerValue(value);
    }
    return told;
  };
}

type Teller = (verified: Verified | undefined, client: string) => string;

function tellerOf(source: IdentityField | ClaimPointer): Teller {
  return isIdentityField(source) ? FIELDS[source] : (verified) => claimText(verified?.claims[source]);
}

const FIELDS: Readonly<Record<IdentityField, Teller>> = {
  client: (_, client) => client,
  sub: (verified) => verified?.sub ?? UNTOLD,
  email: (verified) => verified?.email ?? UNTOLD,
  roles: (verified) => (verified === undefined ? UNTOLD : JSON.stringify(verified.roles)),
  scopes: (verified) => verified?.scopes.join(' ') ?? UNTOLD,
  plan: (verified) => verified?.plan ?? UNTOLD,
  tenant: (verified) => verified?.tenant ?? UNTOLD,
  issuer: (verified) => verified?.issuer ?? UNTOLD,
  kind: (verified) => verified?.kind ?? UNTOLD,
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
  // Nearly every value is in this form already, and the test costs less than the copy.
  if (PLAIN.test(value)) return value;
  return value.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]|^ | $/gu, encodeURIComponent);
}

const PLAIN = /^(?! )[\x20-\x24\x26-\x7e]*(?<! )$/;
