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
import { array, DecodeError, decodeJson, object } from '../contract/decode.ts';

/** Keys are fetched again when they are older than this. */
export const MAX_AGE_MS = 10 * 60 * 1000;
/** While an issuer gives no keys, those that it gave last serve until they are older than this: half a day of outage. */
export const MAX_STALE_MS = 12 * 60 * 60 * 1000;
/** A `kid` that is not known fetches again, but not more often than this: junk tokens must not hammer the issuer. */
export const COOLDOWN_MS = 30 * 1000;
/** An issuer that gave no keys is asked again, but not by every request: each would wait for `FETCH_TIMEOUT_MS`. */
export const OUTAGE_COOLDOWN_MS = 5 * 1000;
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
  /** What became of the last attempt, if it failed. */
  #outage: JwksUnavailable | undefined;
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
    const keys = await this.#known();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof joseErrors.JWKSNoMatchingKey)) throw error;
      // While the issuer is out, nobody knows whether the key is a new one, so the token must not be called invalid.
      const cooled = this.#clock() - this.#attemptedAtMs >= COOLDOWN_MS;
      if (this.#outage === undefined && !cooled) throw error;
      return (await this.#fetched())(header, token);
    }
  };

  /** The keys at hand, fetched when they are too old. */
  async #known(): Promise<KeyLookup> {
    const ageMs = this.#clock() - this.#fetchedAtMs;
    if (this.#keys !== undefined && ageMs < MAX_AGE_MS) return this.#keys;
    try {
      return await this.#fetched();
    } catch (error) {
      if (this.#keys !== undefined && ageMs < MAX_STALE_MS) return this.#keys;
      throw error;
    }
  }

  /** One fetch at a time; whoever comes meanwhile shares it. */
  async #fetched(): Promise<KeyLookup> {
    const recent = this.#clock() - this.#attemptedAtMs < OUTAGE_COOLDOWN_MS;
    if (this.#pending === undefined && this.#outage !== undefined && recent) throw this.#outage;
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<KeyLookup> {
    this.#attemptedAtMs = this.#clock();
    try {
      this.#keys = keySet(await download(this.#url));
      this.#fetchedAtMs = this.#clock();
      this.#outage = undefined;
      return this.#keys;
    } catch (error) {
      this.#outage =
        error instanceof JwksUnavailable
          ? error
          : new JwksUnavailable(`${this.#url.host} answered no JSON Web Key Set`, error);
      throw this.#outage;
    }
  }
}

/** @throws for a document that is no key set, and for one without a key: an issuer that signs has one */
function keySet(text: string): KeyLookup {
  const { keys } = decodeJson(object({ keys: array((key) => key) }), text, 'jwks');
  const usable = keys.filter(isKey);
  if (usable.length === 0) throw new DecodeError('jwks.keys', 'a list with a key', keys);
  return createLocalJWKSet({ keys: usable } as JSONWebKeySet);
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
    // A connection of its own: a kept one may have been closed while nothing was asked for minutes.
    const options = { agent: false, headers: { accept: 'application/json' } };
    const request = (url.protocol === 'https:' ? secureGet : get)(url, options);
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
