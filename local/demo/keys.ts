import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Algorithm } from '../../lambdas/contract/auth/authorizer-config.ts';
import { keyFile } from './key-file.ts';

/** Kinds of keys, and the algorithms that each one serves. RSA keys are slow to make, so six algorithms share one. */
const KEY_TYPES = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  p256: ['ES256'],
  p384: ['ES384'],
  p521: ['ES512'],
  ed25519: ['EdDSA'],
} as const satisfies Readonly<Record<string, readonly Algorithm[]>>;
type KeyType = keyof typeof KEY_TYPES;

/** Former keys that a demo issuer keeps, so that their tokens stay valid. */
const FORMER_KEYS = 2;

/**
 * The newest key of an issuer for an algorithm. It is made on first use and kept, so that tokens stay valid after a
 * restart.
 */
export async function signingKey(stateDir: string, issuer: string, algorithm: Algorithm): Promise<JWK> {
  const [newest = {}] = await keysOf(stateDir, issuer, keyTypeOf(algorithm));
  return named(newest, algorithm);
}

/** Makes a new key, with which the issuer signs from now on. */
export async function rotateKey(stateDir: string, issuer: string, algorithm: Algorithm): Promise<void> {
  const type = keyTypeOf(algorithm);
  const former = await keysOf(stateDir, issuer, type);
  keyFile(stateDir, issuer, type).replace([await generateKey(type), ...former.slice(0, FORMER_KEYS)]);
}

/** The public keys, as a JWKS document. */
export async function publicKeys(
  stateDir: string,
  issuer: string,
  algorithms: readonly Algorithm[],
): Promise<{ readonly keys: readonly JWK[] }> {
  const keys = await Promise.all(
    algorithms.map(async (algorithm) => {
      const ofType = await keysOf(stateDir, issuer, keyTypeOf(algorithm));
      return Promise.all(ofType.map((key) => named(publicHalf(key), algorithm)));
    }),
  );
  return { keys: keys.flat() };
}

function keyTypeOf(algorithm: Algorithm): KeyType {
  const types = Object.entries(KEY_TYPES) as readonly (readonly [KeyType, readonly Algorithm[]])[];
  const [type] = types.find(([, algorithms]) => algorithms.includes(algorithm)) ?? [];
  if (type === undefined) throw new TypeError(`no kind of key is known for ${algorithm}`);
  return type;
}

async function keysOf(stateDir: string, issuer: string, type: KeyType): Promise<readonly JWK[]> {
  const file = keyFile(stateDir, issuer, type);
  return file.read() ?? file.create([await generateKey(type)]);
}

async function generateKey(type: KeyType): Promise<JWK> {
  const { privateKey } = await generateKeyPair(KEY_TYPES[type][0], { extractable: true });
  return exportJWK(privateKey);
}

/** The key as in a JWKS: for one algorithm, with its own `kid`. */
async function named(key: JWK, alg: Algorithm): Promise<JWK> {
  const thumbprint = await calculateJwkThumbprint(key);
  return { ...key, alg, use: 'sig', kid: `demo-${alg.toLowerCase()}-${thumbprint.slice(0, 8)}` };
}

function publicHalf({ d, p, q, dp, dq, qi, ...rest }: JWK): JWK {
  return rest;
}
