import { API_KEY_PREFIX } from '../../contract/auth/api-key.ts';
import { AUTHORIZATION, credentialSource } from '../../contract/auth/auth-policy.ts';
import { CHALLENGE_HEADER } from '../../contract/auth/challenge-header.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { isUntrusted, REBUILT_HEADERS } from '../../contract/untrusted-headers.ts';

/** Header fields by lower-cased name, as in payload 2.0: duplicates joined by commas. */
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

/**
 * Whole milliseconds that the gateway waits for the answer. A duration, as in gRPC, and not a point in time: the clocks of
 * two machines may differ by more than the deadline.
 */
export const DEADLINE_HEADER = 'x-request-deadline-ms';

/** Marks a fallback, which may look like the upstream's own answer. */
export const FALLBACK_HEADER = 'x-fallback';

/** Fields that only the gateway may send to an upstream, besides those of the configuration. */
const GATEWAYS_OWN = new Set([
  DEADLINE_HEADER,
  'x-user-id',
  'x-user-email',
  'x-user-roles',
  'x-user-scopes',
  'x-client-id',
  'x-request-id',
  'traceparent',
  'tracestate',
]);

/** Fields that describe the connection to the gateway, not the request to the upstream. Cookies are sent separately. */
const NOT_FORWARDED = new Set(['host', 'content-length', 'expect', 'cookie']);

const REMOVED = new Set([...HOP_BY_HOP, ...GATEWAYS_OWN, ...NOT_FORWARDED, ...REBUILT_HEADERS]);

/** A longer `Connection` list is ignored, so that a hostile one costs nothing. */
const MAX_CONNECTION_OPTIONS = 64;

/**
 * The header fields of a client that the upstream gets. Names are compared with every other character read as `-`:
 * CGI-style upstreams (WSGI, PHP, Rack) cannot tell `X_User_Id` from `X-User-Id`, some of them not `X.User.Id` either.
 *
 * @param withheld from `withheldHeaders`
 */
export function forwardedRequestHeaders(headers: Headers, withheld: WithheldHeaders): Record<string, string> {
  const named = connectionOptions(headers['connection']);
  const forwarded: Record<string, string> = {};
  for (const [field, value] of Object.entries(headers)) {
    const name = comparable(field);
    if ((withheld.names.has(name) || isUntrusted(name)) && !withheld.except.has(field)) continue;
    if (named.has(name)) continue;
    // In any field: the upstream of one service must not see a key that is good for another.
    if (withheld.apiKeys && value.startsWith(API_KEY_PREFIX)) continue;
    forwarded[field] = value;
  }
  return forwarded;
}

/** Fields of clients that the upstream of a service does not get, besides the untrusted ones. */
export interface WithheldHeaders {
  /** In the form for comparison. */
  readonly names: ReadonlySet<string>;
  /** Untrusted fields that the service keeps, in this spelling only: the proxy in front of the gateway sends no other. */
  readonly except: ReadonlySet<string>;
  /** Whether to remove API keys from every field. */
  readonly apiKeys: boolean;
}

type HeaderPolicy = 'identityHeaders' | 'keepHeaders' | 'forwardAuthorization' | 'default' | 'routes';

export function withheldHeaders({
  identityHeaders,
  keepHeaders,
  forwardAuthorization,
  default: own,
  routes,
}: Pick<ServicePolicy, HeaderPolicy>): WithheldHeaders {
  const policies = [own, ...Object.values(routes)].map(({ auth }) => auth);
  const credentials = policies.flatMap((auth) => (auth.type === 'none' ? [] : credentialSource(auth).headers));
  const names = [...Object.keys(identityHeaders), ...(forwardAuthorization ? [] : [AUTHORIZATION, ...credentials])];
  const withheld = new Set([...REMOVED, ...names.map(comparable)]);
  const kept = [...keepHeaders, ...(forwardAuthorization ? credentials : [])];
  const except = new Set(kept.filter((name) => !withheld.has(name)));
  return { names: withheld, except, apiKeys: !forwardAuthorization };
}

/**
 * The header fields of an upstream that the client gets. `set-cookie` is sent separately. Only the gateway marks an answer
 * as a fallback and repeats a challenge.
 */
export function returnedResponseHeaders(headers: Headers): Record<string, string> {
  const named = connectionOptions(headers['connection']);
  const returned: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!NOT_RETURNED.has(name) && !named.has(comparable(name))) returned[name] = value;
  }
  return returned;
}

const NOT_RETURNED = new Set([...HOP_BY_HOP, 'content-length', 'set-cookie', FALLBACK_HEADER, CHALLENGE_HEADER]);

function connectionOptions(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined) return NO_OPTIONS;
  const options = connection.split(',', MAX_CONNECTION_OPTIONS);
  return new Set(options.map((option) => comparable(option.trim())));
}

function comparable(field: string): string {
  // Nearly every name is in this form already, and the test costs less than the copy.
  return COMPARABLE.test(field) ? field : field.toLowerCase().replace(/[^a-z0-9-]/g, '-');
}

const COMPARABLE = /^[a-z0-9-]*$/;

const NO_OPTIONS: ReadonlySet<string> = new Set();
