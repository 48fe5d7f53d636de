import { describe, expect, it } from 'vitest';
import { type AuthorizerConfig, decodeAuthorizerConfig } from '../../../lambdas/contract/authorizer-config.ts';

const CONFIG: AuthorizerConfig = {
  rejections: 'explained',
  issuers: [
    {
      issuer: 'https://auth.example.com',
      audience: ['api'],
      jwksUri: 'https://auth.example.com/jwks.json',
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      clockToleranceS: 5,
    },
    {
      issuer: 'https://other.example.com',
      audience: null,
      jwksUri: 'https://other.example.com/jwks.json',
      algorithms: ['ES256'],
      clockToleranceS: 0,
    },
  ],
};

function withIssuer(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...CONFIG, issuers: [{ ...CONFIG.issuers[0], ...changes }] });
}

describe('decodeAuthorizerConfig', () => {
  it('reads back what lib encodes', () => {
    expect(decodeAuthorizerConfig(JSON.stringify(CONFIG))).toEqual(CONFIG);
  });

  it.each(['none', 'HS256', 'RS512', 'rs256', ''])('refuses the algorithm %j', (algorithm) => {
    expect(() => decodeAuthorizerConfig(withIssuer({ algorithms: ['RS256', algorithm] }))).toThrow(
      `authorizer.issuers[0].algorithms[1] must be one of RS256, ES256, EdDSA, got ${JSON.stringify(algorithm)}`,
    );
  });

  it('takes a missing audience for a mistake, and not for any audience', () => {
    expect(() => decodeAuthorizerConfig(withIssuer({ audience: undefined }))).toThrow('audience must be an array');
  });

  it.each(['null', '', '[]', '{"rejections":"quiet","issuers":[]}'])('refuses %j', (json) => {
    expect(() => decodeAuthorizerConfig(json)).toThrow(/^authorizer(\.rejections)? must be/);
  });
});
