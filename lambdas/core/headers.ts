/** Header fields by lower-cased name, as payload 2.0 hands them over: duplicates joined by commas. */
export type Headers = Readonly<Record<string, string>>;

/** Fields that belong to one connection (RFC 9110 §7.6.1; `proxy-*` §11.7; `keep-alive` RFC 9112 appendix C.2.2). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that only the gateway may say to an upstream. */
const GATEWAYS_OWN = new Set([
  'x-user-id',
  'x-user-email',
  'x-user-roles',
  'x-user-scopes',
  'x-client-id',
  'x-request-id',
  'traceparent',
  'tracestate',
]);

/** Fields that describe the connection to the gateway, not the request to the upstream. */
const NOT_FORWARDED = new Set(['host', 'content-length', 'expect', 'cookie']);

/** Longest `Connection` list that is looked at, so that a hostile one costs nothing. */
const MAX_CONNECTION_OPTIONS = 64;

/**
 * What of a client's header fields goes on to the upstream. Names are compared with `_` read as `-`: CGI-style
 * upstreams (WSGI, PHP, Rack) cannot tell `X_User_Id` from `X-User-Id`.
 */
export function forwardedRequestHeaders(
  headers: Headers,
  { forwardAuthorization }: { readonly forwardAuthorization: boolean },
): Record<string, string> {
  const named = connectionOptions(headers['connection']);
  const forwarded: Record<string, string> = {};
  for (const [field, value] of Object.entries(headers)) {
    const name = field.toLowerCase().replaceAll('_', '-');
    if (HOP_BY_HOP.has(name) || named.has(name) || GATEWAYS_OWN.has(name) || NOT_FORWARDED.has(name)) continue;
    if (name === 'authorization' && !forwardAuthorization) continue;
    forwarded[field] = value;
  }
  return forwarded;
}

/** What of an upstream's header fields goes back to the client; `set-cookie` travels apart from the others. */
export function returnedResponseHeaders(headers: Headers): Record<string, string> {
  const named = connectionOptions(headers['connection']);
  const returned: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (HOP_BY_HOP.has(name) || named.has(name) || name === 'content-length' || name === 'set-cookie') continue;
    returned[name] = value;
  }
  return returned;
}

function connectionOptions(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined) return NO_OPTIONS;
  const options = connection.toLowerCase().split(',', MAX_CONNECTION_OPTIONS);
  return new Set(options.map((option) => option.trim().replaceAll('_', '-')));
}

const NO_OPTIONS: ReadonlySet<string> = new Set();
