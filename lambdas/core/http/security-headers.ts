/**
 * Added to every response that lacks them. HTTPS for a year (RFC 6797), no content sniffing, no framing,
 * no referrer: an API's answers are data, not pages.
 */
export const SECURITY_HEADERS = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
} as const;

/** The security headers that `headers` (lower-cased names) lacks. */
export function withSecurityHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return { ...SECURITY_HEADERS, ...headers };
}
