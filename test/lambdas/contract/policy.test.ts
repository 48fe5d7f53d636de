import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../lambdas/contract/decode.ts';
import { decodeServicePolicy, type RoutePolicy } from '../../../lambdas/contract/policy.ts';
import { servicePolicy } from '../../support/policy.ts';

const routePolicies: fc.Arbitrary<RoutePolicy> = fc.record({
  auth: fc.oneof(
    fc.record({ type: fc.constant('none' as const) }),
    fc.record({ type: fc.constant('jwt' as const), scopes: fc.array(fc.string()) }),
  ),
  rateLimit: fc.option(fc.record({ limit: fc.nat(), windowMs: fc.nat() }), { nil: null }),
});

describe('decodeServicePolicy', () => {
  it('reads back what lib encodes', () => {
    fc.assert(
      fc.property(routePolicies, fc.dictionary(fc.string(), routePolicies), fc.boolean(), (policy, routes, broken) => {
        const encoded = servicePolicy({ default: policy, routes, ...(broken ? { circuit: null } : {}) });
        expect(decodeServicePolicy(JSON.stringify(encoded))).toEqual(encoded);
      }),
    );
  });

  it('refuses a policy in which any field is missing, and names the field', () => {
    const whole = servicePolicy();
    for (const field of Object.keys(whole)) {
      const { [field as keyof typeof whole]: _, ...rest } = whole;
      expect(() => decodeServicePolicy(JSON.stringify(rest))).toThrow(`service.${field} must be`);
    }
  });

  it.each([
    [{ type: 'jwt' }, 'scopes must be an array, got undefined'],
    [{ type: 'jwt', scopes: 'read' }, 'scopes must be an array, got "read"'],
    [{ type: 'public' }, 'type must be one of none, jwt, got "public"'],
    [{}, 'type must be one of none, jwt, got undefined'],
    [null, 'auth must be an object, got null'],
  ])('never takes %j for a route without auth', (auth, message) => {
    const policy = { ...servicePolicy(), routes: { 'POST /x': { auth, rateLimit: null } } };
    expect(() => decodeServicePolicy(JSON.stringify(policy))).toThrow(message);
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
