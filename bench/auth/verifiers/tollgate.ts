// The verifier of the authorizer, without its memory of what was verified.
import { createLocalJWKSet } from 'jose';
import { JwtVerifier } from '../../../lambdas/authorizer/jwt-verifier.ts';
import { DEFAULT_MAPPING } from '../../../lambdas/contract/authorizer-config.ts';
import type { MakeVerifier, Setup } from '../verifier.ts';

export function verifierOf({ jwk, algorithm, issuer, audience }: Setup): JwtVerifier {
  const config = {
    issuer,
    audience: [audience],
    jwksUri: null,
    algorithms: [algorithm],
    clockToleranceS: 5,
    profile: 'jwt',
    subjectPrefix: '',
    mapping: DEFAULT_MAPPING,
    requires: [],
  } as const;
  const keys = createLocalJWKSet({ keys: [jwk] });
  return new JwtVerifier({ issuers: [config], claims: [], keysOf: () => keys });
}

export const makeVerifier: MakeVerifier = (setup) => {
  const verifier = verifierOf(setup);
  return async (token) => {
    const { verdict } = await verifier.verify(token, Date.now());
    if (verdict !== 'accepted') throw new Error(verdict);
  };
};
