import { get } from 'node:http';
import { get as secureGet } from 'node:https';
import {
  createLocalJWKSet,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
  errors as joseErrors,
} from 'jose';
import { array, object } from '../contract/decode.ts';

/** Keys are fetched again when they are older than this. */
export const MAX_AGE_MS = 10 * 60 * 1000;
/** A `kid` that is not known fetches again, but not more often than this: junk tokens must not hammer the issuer. */
export const COOLDOWN_MS = 30 * 1000;
/** For connecting and reading the whole answer. */
export const FETCH_TIMEOUT_MS = 3000;
/** Far above any real key set. */
export const MAX_JWKS_BYTES = 512 * 1024;

/** The issuer gave no usable key set. An outage, never the fault of a token. */
export class JwksUnavailable extends Error {
  readonly code = 'jwks_unavailable';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'JwksUnavailable';
  }
}

type KeyLookup = (header: JWTHeaderParameters, token: FlattenedJWSInput) => ReturnType<JWTVerifyGetKey>;

/**
 * An issuer's keys, found by `kid`. jose's own remote set would do, were it not built on global `fetch`, whose first
 * use costs a cold start some 50 ms.
 */
export class RemoteJwks {
  readonly #url: URL;
  readonly #clock: () => number;
  #keys: KeyLookup | undefined;
  #fetchedAtMs = 0;
  #attemptedAtMs = 0;
  #pending: Promise<KeyLookup> | undefined;

  /**
   * @param url https, or http on this machine alone
   * @param clock epoch milliseconds
   */
  constructor(url: string, clock: () => number) {
    this.#url = new URL(url);
    if (this.#url.protocol !== 'https:' && !isLoopback(this.#url.hostname)) {
      throw new TypeError(`a JWKS URL must be https, got ${url}: keys fetched in the clear can be replaced on the way`);
    }
    this.#clock = clock;
  }

  /** @throws JwksUnavailable, or a JOSEError when no key fits the token */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const ageMs = this.#clock() - this.#fetchedAtMs;
    const keys = this.#keys === undefined || ageMs >= MAX_AGE_MS ? await this.#fetched() : this.#keys;
    try {
      return await keys(header, token);
    } catch (error) {
      const cooled = this.#clock() - this.#attemptedAtMs >= COOLDOWN_MS;
      if (!(error instanceof joseErrors.JWKSNoMatchingKey) || !cooled) throw error;
      return (await this.#fetched())(header, token);
    }
  };

  /** One fetch at a time; whoever comes meanwhile shares it. */
  #fetched(): Promise<KeyLookup> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<KeyLookup> {
    this.#attemptedAtMs = this.#clock();
    const text = await download(this.#url);
    try {
      const document: unknown = JSON.parse(text);
      const { keys } = object({ keys: array((key) => key) })(document, 'jwks');
      this.#keys = createLocalJWKSet({ keys: keys.filter(isKey) } as JSONWebKeySet);
    } catch (error) {
      throw new JwksUnavailable(`${this.#url.host} answered no JSON Web Key Set`, error);
    }
    this.#fetchedAtMs = this.#clock();
    return this.#keys;
  }
}

function isKey(key: unknown): boolean {
  return typeof key === 'object' && key !== null && 'kty' in key;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Reads at most `MAX_JWKS_BYTES` within `FETCH_TIMEOUT_MS`, follows no redirect, accepts 200 only. */
function download(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) => {
      clearTimeout(timer);
      request.destroy();
      reject(new JwksUnavailable(`${url.host} ${reason}`, cause));
    };
    const timer = setTimeout(() => fail(`sent no key set within ${FETCH_TIMEOUT_MS} ms`), FETCH_TIMEOUT_MS);
    const request = (url.protocol === 'https:' ? secureGet : get)(url, { headers: { accept: 'application/json' } });
    request.on('error', (error) => fail('cannot be reached', error));
    request.on('response', (response) => {
      if (response.statusCode !== 200) return fail(`answered ${response.statusCode}`);
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', (error) => fail('broke off', error));
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_JWKS_BYTES) return fail(`sent more than ${MAX_JWKS_BYTES} bytes`);
        chunks.push(chunk);
      });
      response.on('end', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
    });
  });
}
