import { expect, test } from 'vitest';
import { type AuthPolicy, acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import { authText } from '../../../local/app/auth-text.ts';

const JWT = acceptance('jwt');
const KEY = acceptance('apiKey');

test.each<[string, AuthPolicy]>([
  ['none', { type: 'none' }],
  ['jwt', { type: 'required', accepts: [JWT] }],
  ['optional jwt', { type: 'optional', accepts: [JWT] }],
  ['jwt or api key', { type: 'required', accepts: [JWT, KEY] }],
  ['api key in x-api-key', { type: 'required', accepts: [acceptance('apiKey', { header: 'x-api-key' })] }],
  ['jwt (payments:refund)', { type: 'required', accepts: [acceptance('jwt', { scopes: ['payments:refund'] })] }],
  [
    'jwt (a or b, role admin)',
    { type: 'required', accepts: [acceptance('jwt', { anyScope: ['a', 'b'], roles: ['admin'] })] },
  ],
  [
    'jwt (role admin or ops, /region equals "eu")',
    {
      type: 'required',
      accepts: [
        acceptance('jwt', { anyRole: ['admin', 'ops'], claims: [{ claim: '/region', op: 'equals', value: 'eu' }] }),
      ],
    },
  ],
])('the page calls a policy %s', (text, policy) => {
  expect(authText(policy)).toBe(text);
});
