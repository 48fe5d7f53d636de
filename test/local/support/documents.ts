import type { AuthorizerConfig } from '../../../lambdas/contract/authorizer-config.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import { windowLimit } from '../../support/policy.ts';

export const SERVICE: ServicePolicy = {
  gateway: 'gw',
  service: 'users',
  namespace: 'Tollgate',
  prefix: '/api/users',
  upstream: 'http://user-service:3001',
  timeoutMs: 5000,
  stripPrefix: true,
  forwardAuthorization: false,
  circuit: null,
  gatewayLimits: [],
  rateLimitHeaders: true,
  cacheTimeoutMs: 50,
  default: { auth: { type: 'jwt', scopes: [] }, limits: [windowLimit(100, 60_000)], cost: 1 },
  routes: {},
};

export const AUTHORIZER: AuthorizerConfig = {
  rejections: 'explained',
  issuers: [
    {
      issuer: 'https://auth.example.com',
      audience: ['api'],
      jwksUri: 'https://auth.example.com/.well-known/jwks.json',
      algorithms: ['ES256', 'RS256', 'EdDSA'],
      clockToleranceS: 5,
    },
  ],
};
