import { createPublicKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';

/** @param cache whether tokens are remembered, by their digest */
export function makeVerifier({ jwk, algorithm, issuer, audience }, cache = false) {
  const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return createVerifier({
    key,
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    requiredClaims: ['exp', 'sub'],
    cache,
  });
}
