import { describe, expect, it } from 'vitest';
import { DEFAULT_IDENTITY_HEADERS } from '../../../../lambdas/contract/auth/identity-headers.ts';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import { type IdentityHeaderProps, identityHeaders } from '../../../../lib/gateway/auth/identity-headers.ts';
import { decodeServicePolicy } from '../../../support/documents.ts';
import { proxyDocument } from '../../support/documents.ts';
import { serviceProps, testGateway } from '../../support/stacks.ts';

function policyJson(props?: IdentityHeaderProps): string {
  const test = testGateway(props && { identityHeaders: props });
  test.gateway.addService('users', serviceProps());
  return proxyDocument(test.stack, 'users');
}

describe('identity headers', () => {
  it('are the five of the design by default', () => {
    expect(identityHeaders(undefined)).toEqual(DEFAULT_IDENTITY_HEADERS);
    expect(decodeServicePolicy(policyJson()).identityHeaders).toEqual(DEFAULT_IDENTITY_HEADERS);
  });

  it('take the place of the defaults, in lower case', () => {
    const json = policyJson({
      'X-Subject': 'sub',
      'x-kind': 'kind',
      'x-department': { claim: ['https://example.com/org', 'department'] },
    });
    expect(decodeServicePolicy(json).identityHeaders).toEqual({
      'x-subject': 'sub',
      'x-kind': 'kind',
      'x-department': '/https:~1~1example.com~1org/department',
    });
  });

  it('may be none', () => {
    expect(decodeServicePolicy(policyJson({})).identityHeaders).toEqual({});
  });

  it.each<[string, unknown, string]>([
    [
      'user-id',
      'sub',
      'a header of identityHeaders must begin with x-, got "user-id": others are the client\'s to send',
    ],
    ['x_user_id', 'sub', 'a header of identityHeaders must be a name of at most 64 letters, digits and inner hyphens'],
    ['x-user id', 'sub', 'a header of identityHeaders must be a name of at most 64 letters'],
    ['X-Forwarded-User', 'sub', 'a header of identityHeaders must be a name that nothing else goes by, got "X-Forw'],
    ['x-request-id', 'sub', 'a header of identityHeaders must be a name that nothing else goes by'],
    ['x-request-deadline-ms', 'sub', 'a header of identityHeaders must be a name that nothing else goes by'],
    ['x-amzn-oidc-identity', 'sub', 'a header of identityHeaders must be a name that nothing else goes by'],
    ['x-ratelimit-client', 'client', 'a header of identityHeaders must be a name that nothing else goes by'],
    ['x-original-url', 'sub', 'a header of identityHeaders must be a name that nothing else goes by'],
    [
      'x-user',
      'subject',
      'identityHeaders: x-user: its source must be one of client, sub, email, roles, scopes, plan, te',
    ],
    ['x-user', { claims: 'a' }, 'identityHeaders: x-user: props must be among claim, got "claims": write claim'],
    [
      'x-user',
      { claim: '' },
      'identityHeaders: x-user: claim must be the name of a claim, or the names that lead to it',
    ],
  ])('are refused for %j: %j', (name, source, message) => {
    expect(() => identityHeaders({ [name]: source } as IdentityHeaderProps)).toThrow(message);
  });

  it('are refused twice in other letter case', () => {
    expect(() => identityHeaders({ 'x-user': 'sub', 'X-User': 'email' })).toThrow(
      'each of identityHeaders must be given once, got "x-user" twice: ',
    );
  });

  it('are refused from the twenty-first on', () => {
    const headers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, 'sub'] as const));
    expect(Object.keys(identityHeaders(headers(20)))).toHaveLength(20);
    expect(() => identityHeaders(headers(21))).toThrow('identityHeaders must be at most 20, got 21: ');
  });

  it('are no place for credentials', () => {
    const { gateway } = testGateway({ identityHeaders: { 'x-api-key': 'client' } });
    const auth = Auth.apiKey({ header: 'X-Api-Key' });
    const users = gateway.addService('users', serviceProps());
    const message = 'the header of an API key must be none of the gateway\'s identityHeaders, got "x-api-key": ';
    expect(() => users.addRoute('GET /a', { auth })).toThrow(`service users: ${message}`);
    expect(() => gateway.addService('keys', serviceProps({ prefix: '/keys', auth }))).toThrow(
      `service keys: ${message}`,
    );
  });
});
