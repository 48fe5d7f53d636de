import type { JWK } from 'jose';
import { decodeJson, object, string } from '../contract/decode.ts';
import { exchange, isLoopback } from './bounded-http.ts';
import { signingKeys } from './key-document.ts';
import { describeError } from './log.ts';

/** For connecting and reading the whole answer, of each of the two documents. */
export const FETCH_TIMEOUT_MS = 3000;
/** Far above any real key set. */
export const MAX_JWKS_BYTES = 512 * 1024;
const MAX_DISCOVERY_BYTES = 64 * 1024;

/** The issuer gave no usable key set. An outage, never the fault of a token. */
export class JwksUnavailable extends Error {
  readonly code = 'jwks_unavailable';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'JwksUnavailable';
  }
}

/**
 * Asks an issuer for its signing keys: at `jwksUri`, or where null at the place that OpenID Connect Discovery 1.0 §4
 * names.
 *
 * @throws JwksUnavailable
 */
export async function fetchSigningKeys(issuer: string, jwksUri: string | null): Promise<readonly JWK[]> {
  try {
    return signingKeys(await download(jwksUri ?? (await discover(issuer)), MAX_JWKS_BYTES));
  } catch (error) {
    throw new JwksUnavailable(`no keys of ${issuer}: ${describeError(error)}`, error);
  }
}

const metadata = object({ issuer: string, jwks_uri: string });

/** §4.3: what claims to be of another issuer must not be used. */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = decodeJson(metadata, await download(url, MAX_DISCOVERY_BYTES), 'openid-configuration');
  if (found.issuer !== issuer) throw new TypeError(`its openid-configuration is of another issuer, ${found.issuer}`);
  return found.jwks_uri;
}

/** Follows no redirect: where it leads to is not what the stack names. */
async function download(address: string, maxBytes: number): Promise<string> {
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new TypeError(`${address} is not https: keys fetched in the clear can be replaced on the way`);
  }
  const { status, body } = await exchange(url, {
    method: 'GET',
    headers: { accept: 'application/json' },
    // A kept connection may have been closed while nothing was asked for minutes.
    agent: false,
    timeoutMs: FETCH_TIMEOUT_MS,
    maxBytes,
  });
  if (status !== 200) throw new TypeError(`${url.host} answered ${status}`);
  return body;
}
