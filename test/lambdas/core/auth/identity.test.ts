import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_IDENTITY_HEADERS, IDENTITY_FIELDS } from '../../../../lambdas/contract/auth/identity-headers.ts';
import { identityHeaderWriter } from '../../../../lambdas/core/auth/identity.ts';
import { ALICE } from '../../../support/event.ts';

const identityHeaders = identityHeaderWriter(DEFAULT_IDENTITY_HEADERS);
const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => value.isWellFormed());

describe('the headers of identity', () => {
  it('tell the upstream who calls', () => {
    expect(identityHeaders(ALICE, 'sub:alice')).toEqual({
      'x-client-id': 'sub:alice',
      'x-user-id': 'alice',
      'x-user-email': 'alice@example.com',
      'x-user-roles': '["admin"]',
      'x-user-scopes': 'read write',
    });
  });

  it('of a request without a verified token name the client alone', () => {
    expect(identityHeaders(undefined, 'ip:203.0.113.7')).toEqual({ 'x-client-id': 'ip:203.0.113.7' });
  });

  it('say nothing of an email that the token lacks', () => {
    expect(identityHeaders({ ...ALICE, email: '' }, 'sub:alice')).not.toHaveProperty('x-user-email');
  });

  it('are legal header values for any claims', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (value, values) => {
        const headers = identityHeaders({ ...ALICE, sub: value, email: value, roles: values, scopes: values }, value);
        for (const [name, header] of Object.entries(headers)) {
          validateHeaderValue(name, header);
          expect(header).toMatch(/^[\x20-\x7e]*$/);
          expect(header.trim()).toBe(header);
        }
      }),
    );
  });

  it('decode to the claim itself, so no two subjects look alike to an upstream', () => {
    fc.assert(
      fc.property(text, (sub) => {
        const header = identityHeaders({ ...ALICE, sub }, '')['x-user-id'] ?? '';
        expect(decodeURIComponent(header)).toBe(sub);
      }),
    );
  });

  it.each([
    ['alice%20', 'alice%2520'],
    [' alice ', '%20alice%20'],
    ['a b', 'a b'],
    ['a\r\nx-user-id: root', 'a%0D%0Ax-user-id: root'],
    ['José', 'Jos%C3%A9'],
    ['\u0000\u007f', '%00%7F'],
  ])('write %j as %j', (sub, header) => {
    expect(identityHeaders({ ...ALICE, sub }, '')['x-user-id']).toBe(header);
  });

  it('tell all of a credential under the names that the gateway has for it', () => {
    const headersOf = identityHeaderWriter(Object.fromEntries(IDENTITY_FIELDS.map((field) => [`x-${field}`, field])));
    const verified = { ...ALICE, kind: 'apiKey', plan: 'pro', tenant: 'acme', issuer: 'https://a.example' } as const;
    expect(headersOf(verified, 'sub:alice')).toEqual({
      'x-client': 'sub:alice',
      'x-sub': 'alice',
      'x-email': 'alice@example.com',
      'x-roles': '["admin"]',
      'x-scopes': 'read write',
      'x-plan': 'pro',
      'x-tenant': 'acme',
      'x-issuer': 'https://a.example',
      'x-kind': 'apiKey',
    });
    expect(headersOf(undefined, 'ip:192.0.2.1')).toEqual({ 'x-client': 'ip:192.0.2.1' });
  });

  it('tell claims: a text as it is, all else as JSON, nothing where there is none', () => {
    const headersOf = identityHeaderWriter({
      'x-org': '/org',
      'x-level': '/level',
      'x-groups': '/groups',
      'x-none': '/none',
    });
    const claims = { '/org': 'Åcme', '/level': 3, '/groups': ['a', 1, true], '/other': 'x' };
    expect(headersOf({ ...ALICE, claims }, 'sub:alice')).toEqual({
      'x-org': '%C3%85cme',
      'x-level': '3',
      'x-groups': '["a",1,true]',
    });
    expect(headersOf(undefined, 'ip:192.0.2.1')).toEqual({});
  });

  it('carry roles as JSON that survives any role', () => {
    fc.assert(
      fc.property(fc.array(text), (roles) => {
        const header = identityHeaders({ ...ALICE, roles }, '')['x-user-roles'] ?? '';
        expect(JSON.parse(decodeURIComponent(header))).toEqual(roles);
      }),
    );
  });
});
