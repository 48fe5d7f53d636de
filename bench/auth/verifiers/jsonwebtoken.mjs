import { createPublicKey } from 'node:crypto';
import jwt from 'jsonwebtoken';

export function makeVerifier({ jwk, algorithm, issuer, audience }) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return (token) => jwt.verify(token, key, { algorithms: [algorithm], issuer, audience });
}
