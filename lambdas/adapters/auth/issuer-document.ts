import type { JWK } from 'jose';
import { DecodeError, decodeJson, object, string } from '../../contract/decode.ts';
import { exchange, isProtected } from '../http/bounded-http.ts';
import { describeError } from '../log.ts';
import { signingKeys } from './key-document.ts';

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
    const address = new URL(jwksUri ?? (await discover(issuer)));
    return signingKeys(await download(address, MAX_JWKS_BYTES), `jwks(${issuer})`);
  } catch (error) {
    throw new JwksUnavailable(`no keys of ${issuer}: ${describeError(error)}`, error);
  }
}

const DISCOVERY = 'openid-configuration';
const metadata = object({ issuer: string, jwks_uri: string });

async function discover(issuer: string): Promise<string> {
  const address = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const found = decodeJson(metadata, await download(address, MAX_DISCOVERY_BYTES), DISCOVERY);
  // §4.3: what claims to be of another issuer must not be used.
  if (found.issuer !== issuer) throw new DecodeError(`${DISCOVERY}.issuer`, issuer, found.issuer);
  // On this machine Lambda's own API listens: an issuer elsewhere has no business here.
  if (address.protocol === 'https:' && !found.jwks_uri.startsWith('https://')) {
    throw new DecodeError(`${DISCOVERY}.jwks_uri`, 'an https address', found.jwks_uri);
  }
  return found.jwks_uri;
}

/** Follows no redirect: where it leads to is not what the stack names. */
async function download(url: URL, maxBytes: number): Promise<string> {
  if (!isProtected(url)) {
    throw new TypeError(`${url.host} must be asked over https: keys fetched in the clear can be replaced on the way`);
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
