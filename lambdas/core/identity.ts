import type { Verified } from '../contract/verdict.ts';

/**
 * The headers that tell an upstream who calls. Only the gateway may set them. On public routes the client is the network
 * of its address, `ip:192.0.2.1` or `ip:2001:db8::`, as limits count it; the address itself is in `x-forwarded-for`.
 */
export function identityHeaders(verified: Verified | undefined, client: string): Record<string, string> {
  if (verified === undefined) return { 'x-client-id': headerValue(client) };
  return {
    'x-client-id': headerValue(client),
    'x-user-id': headerValue(verified.sub),
    ...(verified.email === '' ? {} : { 'x-user-email': headerValue(verified.email) }),
    'x-user-roles': headerValue(JSON.stringify(verified.roles)),
    'x-user-scopes': headerValue(verified.scopes.join(' ')),
  };
}

/**
 * A claim as a header value: visible ASCII stays, everything else is percent-encoded as UTF-8 (RFC 9110 §5.5 leaves
 * other bytes opaque, and Node refuses them), and so is `%` itself, so that no two claims give the same value.
 */
function headerValue(value: string): string {
  return value.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]|^ | $/gu, encodeURIComponent);
}
