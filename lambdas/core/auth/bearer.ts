/** The longest credential that is looked at: API Gateway bounds all headers together at 10,240 bytes. */
export const MAX_TOKEN_LENGTH = 8192;

/** RFC 6750 §2.1: `Bearer` in any case, one or more spaces, then b64token. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The token of an `Authorization` header, or undefined when it holds no well-formed bearer token. */
export function bearerToken(authorization: string): string | undefined {
  if (authorization.length > MAX_TOKEN_LENGTH + 'Bearer '.length) return undefined;
  return BEARER.exec(authorization.trim())?.[1];
}

/** RFC 6750 §3: one parameter at least. Values are the gateway's own words, never the client's, so nothing needs quoting. */
export function bearerChallenge(parameters: Readonly<Record<string, string>>): string {
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return `Bearer ${list.join(', ')}`;
}
