import { describe, expect, it } from 'vitest';
import { ANY_JWT, type AuthPolicy, acceptance } from '../../../../lambdas/contract/auth/auth-policy.ts';
import { routeAuth } from '../../../../lambdas/core/auth/route-auth.ts';

const REFUND: AuthPolicy = { type: 'required', accepts: [acceptance('jwt', { scopes: ['refund'] })] };
const PUBLIC: AuthPolicy = { type: 'none' };

const policyOf = routeAuth({
  policies: [ANY_JWT, REFUND, PUBLIC],
  services: { '/api/payments': 0, '/api': 2, '/api/payments/internal': 1 },
  routes: { 'POST /api/payments/refunds': 1, 'GET /api/payments/broken': 7 },
});

describe('the policy of a route', () => {
  it.each<[string, AuthPolicy]>([
    ['POST /api/payments/refunds', REFUND],
    ['GET /api/payments/refunds', ANY_JWT],
    ['ANY /api/payments', ANY_JWT],
    ['ANY /api/payments/{proxy+}', ANY_JWT],
    ['ANY /api/payments/internal/{proxy+}', REFUND],
    ['GET /api/payments/internal', REFUND],
    ['ANY /api/paymentsx', PUBLIC],
    ['ANY /api/{proxy+}', PUBLIC],
  ])('%s is its own, or that of the service with the longest prefix', (key, policy) => {
    expect(policyOf(key)).toBe(policy);
  });

  it.each([
    '',
    ' ',
    '$default',
    'GET',
    'GET /',
    'GET /other',
    'ANY /apix',
    'constructor',
    '__proto__',
    'toString',
    'GET __proto__',
    'GET /constructor/x',
  ])('%j is no service’s: it has none', (key) => {
    expect(policyOf(key)).toBeUndefined();
  });

  it('that the configuration lacks is none, and not that of its service', () => {
    expect(policyOf('GET /api/payments/broken')).toBeUndefined();
  });

  it('may be of a route or a service with any name', () => {
    const named = routeAuth({
      policies: [REFUND],
      services: JSON.parse('{"/__proto__": 0}'),
      routes: JSON.parse('{"__proto__": 0}'),
    });
    expect(named('__proto__')).toBe(REFUND);
    expect(named('ANY /__proto__/{proxy+}')).toBe(REFUND);
    expect(named('ANY /constructor')).toBeUndefined();
  });
});
