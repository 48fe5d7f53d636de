import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuthPolicy,
  acceptance,
  authPolicy,
  credentialSource,
} from '../../../../lambdas/contract/auth/auth-policy.ts';
import { DecodeError, decodeJson } from '../../../../lambdas/contract/decode.ts';
import { authPolicies } from '../../../support/auth/auth-policies.ts';

function decode(json: string): AuthPolicy {
  return decodeJson(authPolicy, json, 'auth');
}

const JWT = acceptance('jwt');
const KEY = acceptance('apiKey');
const KEY_OF_ITS_OWN = acceptance('apiKey', { header: 'x-api-key' });

describe('a policy', () => {
  it('is read back as it was encoded', () => {
    fc.assert(
      fc.property(authPolicies, (policy) => {
        expect(decode(JSON.stringify(policy))).toEqual(policy);
      }),
    );
  });

  it('is for any JSON a policy or a DecodeError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          expect(authPolicy(value, 'auth').type).toBeOneOf(['none', 'required', 'optional']);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  const accepting = (accepted: object) => ({ type: 'required', accepts: [accepted] });
  const testing = (test: object) => accepting({ ...JWT, claims: [test] });
  it.each<[unknown, string]>([
    [undefined, 'auth must be an object, got undefined'],
    [{}, 'auth.type must be one of none, required, optional, got undefined'],
    [{ type: 'jwt', scopes: [] }, 'auth.type must be one of none, required, optional, got "jwt"'],
    [{ type: 'required' }, 'auth.accepts must be an array, got undefined'],
    [accepting({}), 'auth.accepts[0].kind must be one of jwt, apiKey, got undefined'],
    [accepting({ kind: 'basic' }), 'auth.accepts[0].kind must be one of jwt, apiKey, got "basic"'],
    [accepting({ ...JWT, scopes: 'read' }), 'auth.accepts[0].scopes must be an array, got "read"'],
    [testing({ claim: 'email', op: 'equals', value: 1 }), 'claims[0].claim must be a JSON pointer like /email'],
    [testing({ claim: '/a', op: 'like', value: 1 }), 'claims[0].op must be one of equals, contains, oneOf, matches'],
    [testing({ claim: '/a', op: 'oneOf', value: 'x' }), 'claims[0].value must be an array, got "x"'],
    [testing({ claim: '/a', op: 'matches', value: 1 }), 'claims[0].value must be a string, got 1'],
    [testing({ claim: '/a', op: 'equals', value: { b: 1 } }), 'claims[0].value must be a finite number, got an object'],
    [testing({ claim: '/a', op: 'equals' }), 'claims[0].value must be a finite number, got undefined'],
  ])('is never read from %j', (value, message) => {
    expect(() => authPolicy(value, 'auth')).toThrow(message);
  });
});

describe('a credential is looked for', () => {
  it.each([
    ['in Authorization, where tokens and keys travel alike', [JWT, KEY], ['authorization']],
    ['in the header that keys have of their own', [KEY_OF_ITS_OWN], ['x-api-key']],
  ])('%s, and API Gateway may keep the verdict', (_, accepts, headers) => {
    expect(credentialSource({ type: 'required', accepts })).toEqual({ headers, cacheable: true });
  });

  it('in each of several headers, Authorization first, and no verdict is kept', () => {
    const source = credentialSource({ type: 'required', accepts: [KEY_OF_ITS_OWN, JWT, KEY, KEY_OF_ITS_OWN] });
    expect(source).toEqual({ headers: ['authorization', 'x-api-key'], cacheable: false });
  });

  it('where there may be none, and no verdict is kept', () => {
    expect(credentialSource({ type: 'optional', accepts: [JWT] })).toEqual({
      headers: ['authorization'],
      cacheable: false,
    });
  });
});
