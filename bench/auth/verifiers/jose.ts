import { createLocalJWKSet, jwtVerify } from 'jose';
import type { MakeVerifier } from '../verifier.ts';

export const makeVerifier: MakeVerifier = ({ jwk, algorithm, issuer, audience }) => {
  const keys = createLocalJWKSet({ keys: [jwk] });
  return (token) =>
    jwtVerify(token, keys, { algorithms: [algorithm], issuer, audience, requiredClaims: ['exp', 'sub'] });
};
