import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANY_JWT, acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import {
  ALGORITHMS,
  type AuthorizerConfig,
  DEFAULT_MAPPING,
  ISSUER_DEFAULTS,
  type IssuerConfig,
  TOKEN_PROFILES,
} from '../../../../lambdas/contract/auth/authorizer-config.ts';
import { authPolicies, claimPointers, claimTests } from '../../../support/auth/auth-policies.ts';
import { decodeAuthorizerConfig, documentJson } from '../../../support/documents.ts';

const ISSUER: IssuerConfig = {
  issuer: 'https://auth.example.com',
  audience: ['api'],
  ...ISSUER_DEFAULTS,
};
const CONFIG: AuthorizerConfig = {
  gateway: 'shop',
  rejections: 'explained',
  issuers: [ISSUER],
  claims: [],
  policies: [ANY_JWT],
  services: { '/api/users': 0 },
  routes: {},
};

const someClaim = fc.option(claimPointers, { nil: null });
const issuers: fc.Arbitrary<IssuerConfig> = fc.record({
  issuer: fc.string(),
  audience: fc.option(fc.array(fc.string()), { nil: null }),
  jwksUri: fc.option(fc.string(), { nil: null }),
  algorithms: fc.subarray([...ALGORITHMS]),
  clockToleranceS: fc.nat(),
  profile: fc.constantFrom(...TOKEN_PROFILES),
  subjectPrefix: fc.string(),
  mapping: fc.oneof(
    fc.constant(DEFAULT_MAPPING),
    fc.record({
      sub: claimPointers,
      email: someClaim,
      roles: someClaim,
      scopes: fc.oneof(someClaim, fc.constant(undefined)),
      plan: someClaim,
      tenant: someClaim,
    }),
  ),
  requires: fc.array(claimTests, { maxLength: 3 }),
});
const places = fc.dictionary(fc.string(), fc.nat(), { maxKeys: 3, noNullPrototype: true });
const configs: fc.Arbitrary<AuthorizerConfig> = fc.record({
  gateway: fc.string(),
  rejections: fc.constantFrom('explained' as const, 'bare' as const),
  issuers: fc.array(issuers, { maxLength: 3 }),
  claims: fc.array(claimPointers, { maxLength: 3 }),
  policies: fc.array(authPolicies, { maxLength: 3 }),
  services: places,
  routes: places,
});

function withIssuer(changes: Record<string, unknown>): string {
  return documentJson({ ...CONFIG, issuers: [{ ...ISSUER, ...changes }] });
}

describe('the configuration of the authorizer', () => {
  it('is read back as it was encoded', () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(decodeAuthorizerConfig(documentJson(config))).toEqual(config);
      }),
    );
  });

  it.each(['none', 'HS256', 'ES256K', 'rs256', ''])('never allows the algorithm %j', (algorithm) => {
    expect(() => decodeAuthorizerConfig(withIssuer({ algorithms: ['RS256', algorithm] }))).toThrow(
      /^authorizer\.issuers\[0\]\.algorithms\[1\] must be one of RS256, .*, EdDSA, got/,
    );
  });

  it('takes a missing audience for a mistake, and not for any audience', () => {
    expect(() => decodeAuthorizerConfig(withIssuer({ audience: undefined }))).toThrow('audience must be an array');
  });

  it('takes a missing list of policies for a mistake, and not for open routes', () => {
    for (const field of ['policies', 'services', 'routes']) {
      expect(() => decodeAuthorizerConfig(documentJson({ ...CONFIG, [field]: undefined }))).toThrow(
        `authorizer.${field} must be an`,
      );
    }
  });

  it.each([
    [{ profile: 'oidc' }, 'profile must be one of jwt, rfc9068'],
    [{ mapping: { ...DEFAULT_MAPPING, roles: 'groups' } }, 'mapping.roles must be a JSON pointer'],
    [{ mapping: { ...DEFAULT_MAPPING, sub: null } }, 'mapping.sub must be a JSON pointer'],
    [{ requires: [{ claim: '/a', op: 'is', value: 1 }] }, 'requires[0].op must be one of'],
  ])('refuses an issuer with %j', (changes, message) => {
    expect(() => decodeAuthorizerConfig(withIssuer(changes))).toThrow(`authorizer.issuers[0].${message}`);
  });

  it.each(['null', '', '[]', documentJson({ gateway: 'shop', rejections: 'quiet' })])('is not %j', (json) => {
    expect(() => decodeAuthorizerConfig(json)).toThrow(/^authorizer(\.rejections)? must be/);
  });

  it('names a policy once, whoever has it', () => {
    const policies = [ANY_JWT, { type: 'required' as const, accepts: [acceptance('apiKey')] }];
    const config = { ...CONFIG, policies, services: { '/a': 0, '/b': 0 }, routes: { 'POST /a/x': 1 } };
    expect(decodeAuthorizerConfig(documentJson(config))).toEqual(config);
  });
});
