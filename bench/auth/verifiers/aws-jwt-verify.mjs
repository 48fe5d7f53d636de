import { JwtVerifier } from 'aws-jwt-verify';

export function makeVerifier({ jwk, issuer, audience }) {
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: 'https://auth.example.com/jwks.json' });
  verifier.cacheJwks({ keys: [jwk] });
  return (token) => verifier.verifySync(token);
}
