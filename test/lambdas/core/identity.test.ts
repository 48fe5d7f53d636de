import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityHeaders } from '../../../lambdas/core/identity.ts';
import { ALICE } from '../../support/event.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => value.isWellFormed());

describe('identityHeaders', () => {
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

  it('carry roles as JSON that survives any role', () => {
    fc.assert(
      fc.property(fc.array(text), (roles) => {
        const header = identityHeaders({ ...ALICE, roles }, '')['x-user-roles'] ?? '';
        expect(JSON.parse(decodeURIComponent(header))).toEqual(roles);
      }),
    );
  });
});
