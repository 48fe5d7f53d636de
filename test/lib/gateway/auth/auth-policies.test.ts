import { describe, expect, it } from 'vitest';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import { AuthPolicies } from '../../../../lib/gateway/auth/auth-policies.ts';
import { Claim } from '../../../../lib/gateway/auth/claim.ts';

const JWT = Auth.jwt().policy;
const KEY = Auth.apiKey().policy;
const NONE = Auth.none().policy;

describe('the policies of all routes', () => {
  it('name each policy once, and a route only where it is not as its service', () => {
    const policies = new AuthPolicies();
    policies.addService('/a', JWT);
    policies.addService('/b', KEY);
    policies.addRoute('GET /a/same', Auth.jwt().policy, JWT);
    policies.addRoute('GET /a/key', Auth.apiKey().policy, JWT);
    policies.addRoute('GET /b/optional', Auth.optional(Auth.jwt()).policy, KEY);
    expect(policies.document).toEqual({
      policies: [JWT, KEY, Auth.optional(Auth.jwt()).policy],
      services: { '/a': 0, '/b': 1 },
      routes: { 'GET /a/key': 1, 'GET /b/optional': 2 },
    });
  });

  it('leave out what anybody may call, of which no authorizer is asked', () => {
    const policies = new AuthPolicies();
    policies.addService('/a', NONE);
    policies.addRoute('GET /a/mine', JWT, NONE);
    policies.addService('/b', JWT);
    policies.addRoute('GET /b/open', NONE, JWT);
    expect(policies.document).toEqual({ policies: [JWT], services: { '/b': 0 }, routes: { 'GET /a/mine': 0 } });
  });

  it('tell the claims that they ask for', () => {
    const policies = new AuthPolicies();
    policies.addService('/a', Auth.jwt({ claims: [Claim.equals('a', 1), Claim.contains(['b', 'c'], 'd')] }).policy);
    policies.addRoute('GET /a/x', Auth.optional(Auth.apiKey({ claims: [Claim.equals('owner', 'e')] })).policy, NONE);
    expect(policies.claims).toEqual(['/a', '/b/c', '/owner']);
  });
});
