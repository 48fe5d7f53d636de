// The article's way: the first key of the set, imported for each token, whatever algorithm the token names.
import { importJWK, jwtVerify } from 'jose';
import type { MakeVerifier } from '../verifier.ts';

export const makeVerifier: MakeVerifier = ({ jwk, issuer, audience }) => {
  const set = { keys: [jwk] };
  return async (token) => {
    const key = await importJWK(set.keys[0] ?? jwk);
    return jwtVerify(token, key, { issuer, audience });
  };
};
