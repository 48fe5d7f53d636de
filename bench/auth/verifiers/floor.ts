// The signature and nothing else: no claim is looked at.
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import type { MakeVerifier } from '../verifier.ts';

export const makeVerifier: MakeVerifier = ({ jwk, algorithm }) => {
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const keyOptions = { key, dsaEncoding: 'ieee-p1363' } as const;
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  return (token) => {
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    if (!verify(digest, Buffer.from(token.slice(0, end)), keyOptions, signature)) throw new Error('bad signature');
  };
};
