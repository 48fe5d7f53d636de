import { expect, test } from 'vitest';
import { ANY_JWT, type AuthPolicy, acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { IssuerConfig } from '../../../lambdas/contract/auth/authorizer-config.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import { tryLines } from '../../../local/app/try-lines.ts';
import { ISSUER, SERVICE } from '../support/documents.ts';

const PARTNER = { ...ISSUER, issuer: 'https://partner.example.com', subjectPrefix: 'partner' };
const JWT = acceptance('jwt');

function lines(policies: readonly ServicePolicy[], issuers: readonly IssuerConfig[] = [ISSUER]): readonly string[] {
  return tryLines({
    url: 'http://here',
    services: () =>
      policies.map((policy) => ({ functionName: policy.service, policy, upstream: 'http://up', demo: true })),
    model: () => ({ api: { routes: [] } }) as never,
    issuers: () => issuers,
    operator: () => ({ port: 9, gateway: 'gw', secret: 's' }),
  });
}

function service(name: string, auth: AuthPolicy, routes: ServicePolicy['routes'] = {}): ServicePolicy {
  return { ...SERVICE, service: name, prefix: `/${name}`, default: { ...SERVICE.default, auth }, routes };
}

test('a second issuer is tried with the subject that it gives alice', () => {
  const text = lines([service('users', ANY_JWT)], [ISSUER, PARTNER]).join('\n');
  expect(text).toMatch(/--issuer https:\/\/partner\.example\.com --sub alice\).*\/users\/42 +# partner\|alice/);
  expect(lines([service('users', ANY_JWT)]).join('\n')).not.toContain('--issuer');
});

test('an API key is made with the operators command and sent where the service looks for it', () => {
  const bearer = lines([service('orders', { type: 'required', accepts: [JWT, acceptance('apiKey')] })]);
  expect(bearer).toContainEqual(
    'K=$(npx tsx bin/ops.ts keys create --owner billing --gateway gw --local 9); curl -i -H "Authorization: Bearer $K" http://here/orders/42',
  );
  const own = lines([
    service('orders', { type: 'required', accepts: [acceptance('apiKey', { header: 'x-api-key' })] }),
  ]);
  expect(own).toContainEqual(expect.stringContaining('-H "x-api-key: $K" http://here/orders/42'));
  expect(lines([service('users', ANY_JWT)]).join('\n')).not.toContain('keys create');
});

test('a route that needs a scope is tried without it', () => {
  const auth = { type: 'required', accepts: [acceptance('jwt', { scopes: ['refund'] })] } as const;
  const routes = { 'POST /pay/{id}/refunds': { auth, limits: null, cost: 1 } };
  expect(lines([service('pay', ANY_JWT, routes)])).toContainEqual(
    expect.stringMatching(/^curl -i -X POST .*http:\/\/here\/pay\/42\/refunds +# without the scope refund: 403$/),
  );
});
