import type { ClaimPointer } from '../../contract/auth/claim-pointer.ts';
import type { ClaimValue } from '../../contract/auth/claim-test.ts';
import { type IdentityField, type IdentityHeaders, isIdentityField } from '../../contract/auth/identity-headers.ts';
import type { Verified } from '../../contract/auth/verdict.ts';

/** The value of a field that the credential lacks, or of a route without credentials: no header is sent. */
const ABSENT = '';

/**
 * Tells an upstream who calls, in the headers that the gateway has for it. Only the gateway may set them. On public
 * routes the client is the network of its address, `ip:192.0.2.1` or `ip:2001:db8::`, as limits count it; the address
 * itself is in `x-forwarded-for`.
 */
export function identityHeaderWriter(
  headers: IdentityHeaders,
): (verified: Verified | undefined, client: string) => Record<string, string> {
  const tellers = Object.entries(headers).map(([name, source]) => [name, tellerOf(source)] as const);
  return (verified, client) => {
    const headers: Record<string, string> = {};
    for (const [name, tell] of tellers) {
      const value = tell(verified, client);
      if (value !== ABSENT) headers[name] = headerValue(value);
    }
    return headers;
  };
}

type Teller = (verified: Verified | undefined, client: string) => string;

function tellerOf(source: IdentityField | ClaimPointer): Teller {
  return isIdentityField(source) ? FIELDS[source] : (verified) => claimText(verified?.claims[source]);
}

const FIELDS: Readonly<Record<IdentityField, Teller>> = {
  client: (_, client) => client,
  sub: (verified) => verified?.sub ?? ABSENT,
  email: (verified) => verified?.email ?? ABSENT,
  roles: (verified) => (verified === undefined ? ABSENT : JSON.stringify(verified.roles)),
  scopes: (verified) => verified?.scopes.join(' ') ?? ABSENT,
  plan: (verified) => verified?.plan ?? ABSENT,
  tenant: (verified) => verified?.tenant ?? ABSENT,
  issuer: (verified) => verified?.issuer ?? ABSENT,
  kind: (verified) => verified?.kind ?? ABSENT,
};

/** A text as it is, all else as JSON: an array begins with a bracket. */
function claimText(value: ClaimValue | undefined): string {
  if (value === undefined) return ABSENT;
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
