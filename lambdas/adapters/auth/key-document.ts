import type { JWK } from 'jose';
import { ALGORITHMS } from '../../contract/auth/authorizer-config.ts';
import { array, DecodeError, object } from '../../contract/decode.ts';
import { writeLine } from '../log.ts';

/** More than any issuer signs with; each token's key is looked for among all of them. */
export const MAX_KEYS = 100;
export const MAX_KID_LENGTH = 256;
const CURVES = ['P-256', 'P-384', 'P-521'];
/** RFC 7518 §3.3. */
const MIN_RSA_BITS = 2048;

/**
 * In base64url, of the largest of each: a modulus of 8192 bits, above which a verification takes milliseconds, a coordinate
 * of P-521, and an exponent of more than FIPS 186-5's 256 bits.
 */
const MAX_LENGTHS = { n: 1366, xy: 88, e: 44 } as const;

type Members = Readonly<Record<string, unknown>>;

/**
 * The keys of a JSON Web Key Set (RFC 7517 §5) that can verify signatures, with their public members only. Certificates,
 * and private parts that an issuer published by mistake, are kept nowhere. Other entries are skipped.
 *
 * @throws DecodeError if this is no key set, or has no usable key: an issuer that signs has one
 */
export function signingKeys(json: string, path: string): readonly JWK[] {
  const { keys } = keySet(parsed(json, path), path);
  const usable: JWK[] = [];
  for (const entry of keys) {
    const key = signingKey(entry);
    if (key === undefined) continue;
    if (usable.length === MAX_KEYS) {
      writeLine({
        message: `a key set may have at most ${MAX_KEYS} signing keys: the rest are left out`,
        key_set: path,
      });
      break;
    }
    usable.push(key);
  }
  if (usable.length === 0) throw new DecodeError(`${path}.keys`, 'a list with a signing key', keys);
  return usable;
}

const keySet = object({ keys: array((entry) => entry) });

/** The error does not quote text that is no JSON: it may be a truncated set with a private part. */
function parsed(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new DecodeError(path, 'JSON', `${json.length} characters that are none`);
  }
}

function signingKey(entry: unknown): JWK | undefined {
  if (typeof entry !== 'object' || entry === null || !isForSignatures(entry as Members)) return undefined;
  const { kty, kid, alg } = entry as Members;
  const key = publicMembers(entry as Members);
  const label = kid === undefined || (typeof kid === 'string' && kid.length <= MAX_KID_LENGTH);
  if (key === undefined || !label) return undefined;
  return { kty, ...(kid !== undefined && { kid }), ...(alg !== undefined && { alg }), ...key } as JWK;
}

/** RFC 7517 §4.2, §4.3, §4.4. */
function isForSignatures({ use, key_ops: operations, alg }: Members): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  return alg === undefined || isOneOf(ALGORITHMS, alg);
}

/** RFC 7518 §6.2.1, §6.3.1, RFC 8037 §2. A symmetric key (`oct`) is no public key. */
function publicMembers({ kty, n, e, crv, x, y }: Members): JWK | undefined {
  switch (kty) {
    case 'RSA':
      return isText(n, MAX_LENGTHS.n) && isText(e, MAX_LENGTHS.e) && isStrong(n, e) ? { n, e } : undefined;
    case 'EC':
      return isOneOf(CURVES, crv) && isText(x, MAX_LENGTHS.xy) && isText(y, MAX_LENGTHS.xy) ? { crv, x, y } : undefined;
    case 'OKP':
      return crv === 'Ed25519' && isText(x, MAX_LENGTHS.xy) ? { crv, x } : undefined;
    default:
      return undefined;
  }
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength;
}

function isOneOf<T>(values: readonly T[], value: unknown): value is T {
  return (values as readonly unknown[]).includes(value);
}

/** RFC 8017 §3.1: both are odd, and the exponent is at least 3. With an exponent of 1 everything is its own signature. */
function isStrong(modulus: string, exponent: string): boolean {
  const [n, e] = [integerOf(modulus), integerOf(exponent)];
  return n.bits >= MIN_RSA_BITS && n.isOdd && e.bits >= 2 && e.isOdd;
}

function integerOf(base64url: string): { readonly bits: number; readonly isOdd: boolean } {
  const bytes = Buffer.from(base64url, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  const bits = first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
  return { bits, isOdd: (bytes.at(-1) ?? 0) % 2 === 1 };
}
