import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { LIMIT_BY, type LimitPolicy, ON_STORE_FAILURE } from '../../../lambdas/contract/limits/limit-policy.ts';
import type { RoutePolicy } from '../../../lambdas/contract/policy.ts';
import { authPolicies } from '../../support/auth/auth-policies.ts';
import { decodeServicePolicy, documentJson } from '../../support/documents.ts';
import { bucketLimit, circuitPolicy, concurrencyLimit, servicePolicy, windowLimit } from '../../support/policy.ts';

const limitBase = {
  name: fc.string(),
  by: fc.constantFrom(...LIMIT_BY),
  shadow: fc.boolean(),
  onStoreFailure: fc.constantFrom(...ON_STORE_FAILURE),
  localShare: fc.double({ noNaN: true, min: 0.01, max: 1 }),
};
const limits: fc.Arbitrary<LimitPolicy> = fc.oneof(
  fc.record({
    ...limitBase,
    kind: fc.constant('window' as const),
    limit: fc.nat(),
    windowMs: fc.nat(),
    plans: fc.dictionary(fc.string(), fc.nat(), { noNullPrototype: true }),
  }),
  fc.record({
    ...limitBase,
    kind: fc.constant('bucket' as const),
    ratePerS: fc.double({ noNaN: true, min: 0.01, max: 1e9 }),
    burst: fc.nat(),
  }),
  fc.record({ ...limitBase, kind: fc.constant('concurrency' as const), limit: fc.nat(), leaseMs: fc.nat() }),
);

const routePolicies: fc.Arbitrary<RoutePolicy> = fc.record({
  auth: authPolicies,
  limits: fc.option(fc.array(limits, { maxLength: 4 }), { nil: null }),
  cost: fc.nat(),
});

describe('decodeServicePolicy', () => {
  it('reads back what lib encodes', () => {
    const routes = fc.dictionary(fc.string(), routePolicies, { maxKeys: 4 });
    fc.assert(
      fc.property(
        routePolicies,
        routes,
        fc.array(limits, { maxLength: 4 }),
        fc.boolean(),
        (policy, special, all, off) => {
          const changes = off
            ? { circuit: null, rateLimitHeaders: false }
            : {
                retry: { attempts: 2, budgetShare: 0.1 },
                circuit: circuitPolicy({ probes: 1, failureStatuses: [503] }),
              };
          const encoded = servicePolicy({ default: policy, routes: special, gatewayLimits: all, ...changes });
          expect(decodeServicePolicy(documentJson(encoded))).toEqual(encoded);
        },
      ),
    );
  });

  it.each<[string, object, string]>([
    ['of no known kind', { ...windowLimit(1, 1), kind: 'leaky' }, 'kind must be one of window, bucket, concurrency'],
    ['of half a request', windowLimit(0.5, 1000), 'limit must be an integer, got 0.5'],
    ['of a plan without a number', { ...windowLimit(1, 1), plans: { pro: '9' } }, "plans['pro'] must be an integer"],
    ['without a rate', { ...bucketLimit(1, 1), ratePerS: undefined }, 'ratePerS must be a finite number'],
    ['without a lease', { ...concurrencyLimit(1), leaseMs: undefined }, 'leaseMs must be an integer'],
    ['that counts by the weather', { ...windowLimit(1, 1), by: 'weather' }, 'by must be one of client, ip, tenant'],
    ['without a name', { ...windowLimit(1, 1), name: undefined }, 'name must be a string'],
  ])('refuses a limit %s', (_, limit, message) => {
    const policy = { ...servicePolicy(), gatewayLimits: [limit] };
    expect(() => decodeServicePolicy(documentJson(policy))).toThrow(`service.gatewayLimits[0].${message}`);
  });

  it.each([
    [{ type: 'required' }, 'accepts must be an array, got undefined'],
    [{ type: 'jwt', scopes: [] }, 'type must be one of none, required, optional, got "jwt"'],
    [{}, 'type must be one of none, required, optional, got undefined'],
    [null, 'auth must be an object, got null'],
  ])('never takes %j for a route without auth', (auth, message) => {
    const policy = { ...servicePolicy(), routes: { 'POST /x': { auth, limits: null } } };
    expect(() => decodeServicePolicy(documentJson(policy))).toThrow(message);
  });

  it('reads the limit of refused credentials, and headers of identity from fields and claims', () => {
    const policy = servicePolicy({
      badCredentials: windowLimit(30, 60_000, { name: 'bad-credentials', by: 'ip' }),
      identityHeaders: { 'x-account': 'sub', 'x-org': '/org/name' },
    });
    expect(decodeServicePolicy(documentJson(policy))).toEqual(policy);
  });

  it.each<[object, string]>([
    [{ attempts: 1.5, budgetShare: 0.1 }, 'attempts must be an integer, got 1.5'],
    [{ attempts: 2 }, 'budgetShare must be a finite number, got undefined'],
    [{ attempts: 2, budgetShare: '10 %' }, 'budgetShare must be a finite number, got "10 %"'],
  ])('refuses retries as %j', (retry, message) => {
    expect(() => decodeServicePolicy(documentJson({ ...servicePolicy(), retry }))).toThrow(`service.retry.${message}`);
  });

  it('names what is wrong with a circuit', () => {
    const circuit = circuitPolicy({ slow: { overMs: 500, share: 0.5 } });
    const broken = { ...servicePolicy(), circuit: { ...circuit, slow: { overMs: 500 } } };
    expect(() => decodeServicePolicy(documentJson(broken))).toThrow(
      'service.circuit.slow.share must be a finite number, got undefined',
    );
  });

  it.each(['password', 'claims', 'org/name', '', 7, null])('refuses to tell upstreams %j', (source) => {
    const policy = { ...servicePolicy(), identityHeaders: { 'x-account': source } };
    expect(() => decodeServicePolicy(documentJson(policy))).toThrow(
      "service.identityHeaders['x-account'] must be one of client, sub, email, roles, scopes, plan, tenant, issuer, kind",
    );
  });

  it('gives for any JSON a policy or a DecodeError', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(() => decodeServicePolicy(json)).toThrow(DecodeError);
      }),
    );
  });

  it('refuses text that is no JSON', () => {
    expect(() => decodeServicePolicy('not JSON')).toThrow('service must be JSON, got "not JSON"');
  });
});
