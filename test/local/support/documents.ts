import { ANY_JWT } from '../../../lambdas/contract/auth/auth-policy.ts';
import {
  type AuthorizerConfig,
  DEFAULT_MAPPING,
  type IssuerConfig,
} from '../../../lambdas/contract/auth/authorizer-config.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import { servicePolicy } from '../../support/policy.ts';

export const SERVICE: ServicePolicy = servicePolicy({
  gateway: 'gw',
  upstream: 'http://user-service:3001',
  circuit: null,
});

export const ISSUER: IssuerConfig = {
  issuer: 'https://auth.example.com',
  audience: ['api'],
  jwksUri: 'https://auth.example.com/.well-known/jwks.json',
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  clockToleranceS: 5,
  profile: 'jwt',
  subjectPrefix: '',
  mapping: DEFAULT_MAPPING,
  requires: [],
};

export const AUTHORIZER: AuthorizerConfig = {
  gateway: 'gw',
  rejections: 'explained',
  issuers: [ISSUER],
  claims: [],
  policies: [ANY_JWT],
  services: { '/api/users': 0 },
  routes: {},
};
