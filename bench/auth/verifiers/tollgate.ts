// The verifier of the authorizer, without its memory of what was verified. The table has the issuer's keys.
import { IssuerKeys } from '../../../lambdas/adapters/auth/issuer-keys.ts';
import { JwtVerifier } from '../../../lambdas/authorizer/jwt-verifier.ts';
import { issuerConfig } from '../../../test/support/auth/authorizer.ts';
import type { MakeVerifier, TokenSetup } from '../verifier.ts';

export function verifierOf({ jwk, algorithm, issuer, audience }: TokenSetup): JwtVerifier {
  const clock = Date.now;
  const store = {
    read: async () => ({ keys: [jwk], fetchedAtMs: clock(), unknownKidAtMs: 0 }),
    write: async () => undefined,
  };
  return new JwtVerifier({
    issuers: [issuerConfig({ issuer, audience: [audience], algorithms: [algorithm] })],
    claims: [],
    keysOf: ({ issuer, jwksUri }) => new IssuerKeys({ issuer, jwksUri, store, clock }).keyFor,
  });
}

export const makeVerifier: MakeVerifier = (setup) => {
  const verifier = verifierOf(setup);
  return async (token) => {
    const { verdict } = await verifier.verify(token, Date.now());
    if (verdict !== 'accepted') throw new Error(verdict);
  };
};
