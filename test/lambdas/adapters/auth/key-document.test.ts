import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_KEYS, signingKeys } from '../../../../lambdas/adapters/auth/key-document.ts';
import type { Algorithm } from '../../../../lambdas/contract/auth/authorizer-config.ts';
import { createKey, type TestKey } from '../../../support/auth/tokens.ts';
import { captureLines } from '../../../support/lines.ts';

const KINDS: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];

let keys: readonly TestKey[];
let captured: ReturnType<typeof captureLines>;
beforeAll(async () => {
  keys = await Promise.all(KINDS.map((alg) => createKey(`kid of ${alg}`, alg)));
});
beforeEach(() => {
  captured = captureLines();
});
afterEach(() => captured.restore());

function read(...entries: readonly unknown[]) {
  return signingKeys(JSON.stringify({ keys: entries }), 'jwks');
}

/** One key of each kind as an issuer gives it. */
function jwk(alg: Algorithm): Record<string, unknown> {
  return keys.find((key) => key.jwk.alg === alg)?.jwk as Record<string, unknown>;
}

function rsa(modulusLength: number): object {
  return generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
}

describe('a key set', () => {
  it('keeps the keys of every kind, as they are but for what says that they are for signatures', () => {
    expect(read(...keys.map((key) => key.jwk))).toEqual(keys.map(({ jwk: { use, ...rest } }) => rest));
  });

  it('keeps nothing but public members: no certificate, no part of a private key that was let out', () => {
    const leaked = {
      ...jwk('RS256'),
      ...{ d: 'd', p: 'p', q: 'q', dp: 'dp', dq: 'dq', qi: 'qi', oth: [], k: 'k' },
      ...{ x5c: ['MII'], x5t: 't', x5u: 'https://evil.example.com', 'x5t#S256': 't', key_ops: ['verify'], ext: false },
      ...{ ['__proto__']: { polluted: true }, toString: 'x', x: 'x', crv: 'P-256' },
    };
    const [kept] = read(leaked);
    expect(Object.keys(kept ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n']);
    expect(Object.keys(read({ ...jwk('ES256'), d: 'd' })[0] ?? {}).sort()).toEqual([
      'alg',
      'crv',
      'kid',
      'kty',
      'x',
      'y',
    ]);
    expect(Object.keys(read({ ...jwk('EdDSA'), d: 'd' })[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'x']);
  });

  it.each<[string, (key: Record<string, unknown>) => unknown]>([
    ['nothing of it', () => null],
    ['a number', () => 5],
    ['a text', () => 'key'],
    ['a list', () => []],
    ['an empty object', () => ({})],
    ['a key for encryption', (key) => ({ ...key, use: 'enc' })],
    ['a use that is no text', (key) => ({ ...key, use: ['sig'] })],
    ['a key for signing only', (key) => ({ ...key, key_ops: ['sign'] })],
    ['operations that are no list', (key) => ({ ...key, key_ops: 'verify' })],
    ['a key of an algorithm that no token may have', (key) => ({ ...key, alg: 'HS256' })],
    ['a key of no algorithm', (key) => ({ ...key, alg: 'none' })],
    ['an algorithm that is no text', (key) => ({ ...key, alg: ['ES256'] })],
    ['a kid that is no text', (key) => ({ ...key, kid: 7 })],
    ['a kid of null', (key) => ({ ...key, kid: null })],
    ['a kid that is too long', (key) => ({ ...key, kid: 'k'.repeat(257) })],
    ['a secret', (key) => ({ kty: 'oct', kid: key['kid'], k: 'c2VjcmV0' })],
    ['a kind that nobody knows', (key) => ({ ...key, kty: 'AKP', pub: 'AA' })],
    ['a curve that is not supported', (key) => ({ ...key, crv: 'secp256k1' })],
    ['a curve that is a list', (key) => ({ ...key, crv: ['P-256'] })],
    ['a point without y', ({ y, ...key }) => key],
    ['an empty coordinate', (key) => ({ ...key, x: '' })],
    ['a coordinate that is no text', (key) => ({ ...key, x: { toString: 'x' } })],
    ['a coordinate that is too long', (key) => ({ ...key, x: 'A'.repeat(89) })],
    ['an Edwards curve for key agreement', (key) => ({ ...key, kty: 'OKP', crv: 'X25519' })],
    ['an RSA key without parts', (key) => ({ ...key, kty: 'RSA' })],
  ])('skips %s, and keeps the key beside it', (_, change) => {
    const bad = change({ ...jwk('ES256'), alg: undefined });
    expect(read(bad, jwk('ES384'), bad)).toEqual([expect.objectContaining({ kid: 'kid of ES384' })]);
    expect(() => read(bad)).toThrow('a list with a signing key');
  });

  it.each([1024, 2040])('skips an RSA key of %i bits', (bits) => {
    expect(() => read(rsa(bits))).toThrow('a list with a signing key');
  });

  it('takes RSA keys of 2048 to 8192 bits, counted without leading zeros', () => {
    const e = 'AQAB';
    const modulus = (bits: number, zeros = 0) =>
      Buffer.from(
        `${'00'.repeat(zeros)}${((1n << BigInt(bits - 1)) + 1n).toString(16).padStart(Math.ceil(bits / 4), '0')}`,
        'hex',
      ).toString('base64url');
    const isTaken = (n: string) => {
      try {
        return read({ kty: 'RSA', n, e }).length === 1;
      } catch {
        return false;
      }
    };
    expect([2047, 2048, 3072, 8192].map((bits) => isTaken(modulus(bits)))).toEqual([false, true, true, true]);
    expect(isTaken(modulus(8200))).toBe(false);
    expect(isTaken(modulus(1024, 128))).toBe(false);
    expect(isTaken('A'.repeat(342))).toBe(false);
  });

  it('takes no RSA key of which everything is a signature, or that is none: both numbers are odd, no exponent is 1', () => {
    const { n = '', e = '' } = jwk('RS256') as { n?: string; e?: string };
    const exponents = ['AQ', 'AAAB', 'AA', 'Ag', 'AQAA'];
    for (const exponent of exponents) {
      expect(() => read({ kty: 'RSA', n, e: exponent })).toThrow('a list with a signing key');
    }
    const even = Buffer.from(n, 'base64url');
    even[even.length - 1] = 2;
    expect(() => read({ kty: 'RSA', n: even.toString('base64url'), e })).toThrow('a list with a signing key');
    expect(read({ kty: 'RSA', n, e: 'Aw' }, { kty: 'RSA', n, e })).toHaveLength(2);
  });

  it('that is no JSON is quoted by nobody: it may have broken off behind a private part', () => {
    expect(() => signingKeys('{"keys":[{"kty":"EC","d":"c3VwZXItc2VjcmV0', 'jwks')).toThrow(
      'jwks must be JSON, got "42 characters that are none"',
    );
  });

  it('keeps the first 100 and says that it left some out, once', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ ...jwk('ES256'), kid: `kid-${index}` }));
    const kept = read(...many);
    expect(kept.map(({ kid }) => kid)).toEqual(Array.from({ length: MAX_KEYS }, (_, index) => `kid-${index}`));
    expect(captured.lines).toEqual([
      expect.objectContaining({ message: expect.stringContaining('at most 100'), key_set: 'jwks' }),
    ]);
  });

  it('of 100 of the largest keys fits an item of the table and an answer of it', () => {
    const [n, e, kid] = [`g${'_'.repeat(1365)}`, '_'.repeat(44), '\u0000'.repeat(256)];
    const kept = read(...Array.from({ length: 100 }, () => ({ kty: 'RSA', n, e, kid, alg: 'RS256' })));
    const stored = JSON.stringify({ keys: kept });
    expect(kept).toHaveLength(100);
    expect(Buffer.byteLength(stored)).toBeLessThan(390_000);
    expect(Buffer.byteLength(JSON.stringify(stored))).toBeLessThan(500_000);
  });

  it.each([
    ['', 'must be JSON'],
    ['<html>', 'must be JSON'],
    ['null', 'jwks must be an object'],
    ['[]', 'jwks must be an object'],
    ['{}', 'jwks.keys must be an array'],
    ['{"keys":{"length":1}}', 'jwks.keys must be an array'],
    ['{"keys":[]}', 'a list with a signing key'],
    [`{"keys":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'a list with a signing key'],
    [`{"keys":[${'0,'.repeat(250_000)}0]}`, 'a list with a signing key'],
  ])('is not %.40s', (json, reason) => {
    expect(() => signingKeys(json, 'jwks')).toThrow(
      expect.objectContaining({ code: 'decode_failed', message: expect.stringContaining(reason) }),
    );
  });
});
