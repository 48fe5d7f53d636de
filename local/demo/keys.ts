import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { ALGORITHMS, type Algorithm } from '../../lambdas/contract/authorizer-config.ts';
import { systemCode } from '../user-error.ts';

/** The private keys of one demo issuer. */
export type KeySet = Readonly<Record<Algorithm, JWK>>;

/** The keys of an issuer, made on first use and kept, so that tokens outlive a restart. */
export async function demoKeys(stateDir: string, issuer: string): Promise<KeySet> {
  const path = join(stateDir, 'issuers', `${encodeURIComponent(issuer)}.json`);
  return readKeys(path) ?? storeKeys(path, await generateKeys());
}

/** The half of the keys that everybody may have, as a JWKS document. */
export function publicKeys(keys: KeySet): { readonly keys: readonly JWK[] } {
  return { keys: Object.values(keys).map(({ d, p, q, dp, dq, qi, ...rest }) => rest) };
}

async function generateKeys(): Promise<KeySet> {
  const keys = await Promise.all(ALGORITHMS.map(async (alg) => [alg, await generateKey(alg)] as const));
  return Object.fromEntries(keys) as KeySet;
}

async function generateKey(alg: Algorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `demo-${alg.toLowerCase()}` };
}

function readKeys(path: string): KeySet | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KeySet;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of two processes that make keys at once, the first wins: a link is made whole or not at all. */
function storeKeys(path: string, keys: KeySet): KeySet {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify(keys), { mode: 0o600 });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, path);
    return keys;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return readKeys(path) ?? keys;
  } finally {
    rmSync(draft, { force: true });
  }
}
