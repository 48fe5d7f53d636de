import { describe, expect, it } from 'vitest';
import { type AuthorizerOptions, createAuthorizer } from '../../../lambdas/authorizer/authorize.ts';
import type { CredentialVerifier } from '../../../lambdas/authorizer/credential-verifier.ts';
import { type AuthPolicy, acceptance, type CredentialKind } from '../../../lambdas/contract/auth/auth-policy.ts';
import { decodeVerdict, encodeVerdict, type Verified } from '../../../lambdas/contract/auth/verdict.ts';
import { invalidToken } from '../../../lambdas/core/auth/authorization.ts';
import { authorizerEvent } from '../../support/auth/authorizer.ts';
import { ALICE } from '../../support/event.ts';
import { captureLines } from '../../support/lines.ts';

const KEY = 'tgk_4fzN9qXw2LbC_secret';
const ROBOT: Verified = { ...ALICE, kind: 'apiKey', client: 'key:4fzN9qXw2LbC', sub: '', roles: [], scopes: ['read'] };

const POLICIES: readonly AuthPolicy[] = [
  { type: 'required', accepts: [acceptance('jwt')] },
  { type: 'required', accepts: [acceptance('jwt', { scopes: ['payments:refund', 'read'] })] },
  { type: 'optional', accepts: [acceptance('jwt')] },
  { type: 'required', accepts: [acceptance('apiKey', { header: 'x-api-key' })] },
  { type: 'required', accepts: [acceptance('jwt', { anyScope: ['admin', 'ops'] }), acceptance('apiKey')] },
  { type: 'required', accepts: [acceptance('jwt'), acceptance('apiKey', { header: 'x-api-key' })] },
  { type: 'none' },
  {
    type: 'required',
    accepts: [
      acceptance('jwt', { roles: ['auditor'] }),
      acceptance('jwt', { claims: [{ claim: '/plan', op: 'equals', value: 'gold' }] }),
    ],
  },
];

const ROUTES = {
  'POST /api/payments/refunds': 1,
  'GET /api/optional': 2,
  'GET /api/header': 3,
  'GET /api/any': 4,
  'GET /api/either': 5,
  'GET /api/public': 6,
  'GET /api/auditors': 7,
};

/** Believes each credential to be what the test says; `asked` are those that it was asked about. */
function verifierOf(kind: CredentialKind, verified: Verified, asked: string[]): CredentialVerifier {
  return {
    verify: async (credential, nowMs) => {
      asked.push(`${kind} ${credential}`);
      if (credential === 'outage') throw Object.assign(new Error('no keys'), { code: 'jwks_unavailable' });
      return credential === 'bad'
        ? invalidToken('the token is not valid')
        : { verdict: 'accepted', verified, untilMs: nowMs };
    },
  };
}

function gateway(rejections: AuthorizerOptions['config']['rejections'] = 'explained', jwt = ALICE) {
  const asked: string[] = [];
  const authorize = createAuthorizer({
    config: { policies: POLICIES, services: { '/api/users': 0, '/api/users/public': 6 }, routes: ROUTES, rejections },
    verifiers: { jwt: verifierOf('jwt', jwt, asked), apiKey: verifierOf('apiKey', ROBOT, asked) },
    clock: () => 1000,
  });
  return {
    asked,
    ask: (headers: Readonly<Record<string, string>>, routeKey?: string) =>
      authorize(authorizerEvent(headers, routeKey)),
  };
}

function refused(error_description: string, error = 'invalid_token') {
  return { isAuthorized: true, context: { verdict: 'rejected', error, error_description } };
}

describe('a verified credential', () => {
  it('is told to the proxy function in texts, which it can read back', async () => {
    const answer = await gateway().ask({ authorization: 'Bearer good' });
    expect(answer).toEqual({ isAuthorized: true, context: encodeVerdict(ALICE) });
    expect(Object.values(answer.context ?? {}).every((value) => typeof value === 'string')).toBe(true);
    expect(decodeVerdict(answer.context)).toEqual(ALICE);
  });

  it('is refused with the scopes needed where it lacks one, and with whose it is', async () => {
    const { context } = await gateway().ask({ authorization: 'Bearer good' }, 'POST /api/payments/refunds');
    expect(context).toEqual({
      verdict: 'rejected',
      error: 'insufficient_scope',
      error_description: 'this route needs the scope payments:refund read',
      scopes: 'payments:refund read',
      client: 'sub:alice',
      sub: 'alice',
    });
  });

  it('has to meet one of the acceptances of its kind', async () => {
    const ask = (jwt: Partial<Verified>, route: string) =>
      gateway('explained', { ...ALICE, ...jwt }).ask({ authorization: 'Bearer good' }, route);
    expect(await ask({ scopes: ['ops'] }, 'GET /api/any')).toMatchObject({ context: { verdict: 'verified' } });
    expect(await ask({ scopes: ['read'] }, 'GET /api/any')).toMatchObject({ context: { scopes: 'admin ops' } });
    expect(await ask({ roles: ['auditor'] }, 'GET /api/auditors')).toMatchObject({ context: { verdict: 'verified' } });
    expect(await ask({ claims: { '/plan': 'gold' } }, 'GET /api/auditors')).toMatchObject({
      context: { verdict: 'verified' },
    });
    expect(await ask({ claims: { '/plan': 'free' } }, 'GET /api/auditors')).toMatchObject(
      refused('this route needs a role that the credential does not have', 'insufficient_scope'),
    );
  });
});

describe('the policy', () => {
  it('is that of the route, or of the service under whose prefix it lies', async () => {
    const { ask } = gateway();
    const answerTo = async (route: string) => (await ask({ authorization: 'Bearer good' }, route)).context?.['verdict'];
    expect(await answerTo('ANY /api/users')).toBe('verified');
    expect(await answerTo('GET /api/users/{id}/orders')).toBe('verified');
    expect(await answerTo('POST /api/payments/refunds')).toBe('rejected');
  });

  it.each(['GET /api/payments/refunds', 'ANY /api/usersandmore', 'ANY /', '$default', '', 'GET constructor'])(
    'of %j is nobody’s: the route is denied, and no credential is looked at',
    async (route) => {
      const { ask, asked } = gateway();
      expect(await ask({ authorization: 'Bearer good' }, route)).toEqual(refused('this route takes no credential'));
      expect(await gateway('bare').ask({ authorization: 'Bearer good' }, route)).toMatchObject({ isAuthorized: false });
      expect(asked).toEqual([]);
    },
  );

  it('that takes no credentials learns of none', async () => {
    const { ask, asked } = gateway();
    const { context } = await ask({ authorization: 'Bearer good' }, 'GET /api/public');
    expect(context).toMatchObject({ verdict: 'rejected' });
    expect(asked).toEqual([]);
  });
});

describe('the kind of a credential', () => {
  it('is told by its form, and has a verifier of its own', async () => {
    const { ask, asked } = gateway();
    expect(await ask({ authorization: `Bearer ${KEY}` }, 'GET /api/any')).toMatchObject({
      context: { client: 'key:4fzN9qXw2LbC', kind: 'apiKey' },
    });
    await ask({ authorization: 'bearer  good' }, 'GET /api/any');
    expect(asked).toEqual([`apiKey ${KEY}`, 'jwt good']);
  });

  it('that a route does not take is refused without being verified', async () => {
    const { ask, asked } = gateway();
    expect(await ask({ authorization: `Bearer ${KEY}` })).toMatchObject(
      refused('this route takes no credential of this kind'),
    );
    expect(asked).toEqual([]);
  });
});

describe('a header of its own for API keys', () => {
  it('holds the key as it is', async () => {
    const { ask, asked } = gateway();
    for (const route of ['GET /api/header', 'GET /api/either']) {
      expect(await ask({ 'x-api-key': KEY }, route)).toMatchObject({ context: { kind: 'apiKey' } });
    }
    expect(asked).toEqual([`apiKey ${KEY}`, `apiKey ${KEY}`]);
  });

  it('is the only one that is looked at where tokens are not taken: verdicts are not kept by another', async () => {
    const { ask, asked } = gateway();
    const anonymous = { isAuthorized: true, context: { verdict: 'anonymous' } };
    expect(await ask({ authorization: 'Bearer good' }, 'GET /api/header')).toEqual(anonymous);
    expect(await gateway('bare').ask({ authorization: 'Bearer good' }, 'GET /api/header')).toEqual({
      ...anonymous,
      isAuthorized: false,
    });
    expect(await ask({ authorization: 'Bearer bad', 'x-api-key': KEY }, 'GET /api/header')).toMatchObject({
      context: { kind: 'apiKey' },
    });
    expect(asked).toEqual([`apiKey ${KEY}`]);
  });

  it('is where alone they are taken, also on a route that takes tokens in Authorization', async () => {
    const { ask, asked } = gateway();
    expect(await ask({ authorization: `Bearer ${KEY}` }, 'GET /api/either')).toMatchObject(
      refused('this route takes no credential of this kind'),
    );
    expect(asked).toEqual([]);
  });

  it('beside a token in Authorization is one credential too many', async () => {
    const { ask, asked } = gateway();
    expect(await ask({ authorization: 'Bearer good', 'x-api-key': KEY }, 'GET /api/either')).toMatchObject(
      refused('the request has more than one credential'),
    );
    expect(asked).toEqual([]);
  });
});

describe('no credential', () => {
  it.each([{}, { authorization: '' }, { 'x-api-key': KEY }])(
    'in %j is anonymous, which passes where a credential is optional',
    async (headers: Readonly<Record<string, string>>) => {
      const anonymous = { verdict: 'anonymous' };
      expect(await gateway().ask(headers)).toEqual({ isAuthorized: true, context: anonymous });
      expect(await gateway('bare').ask(headers)).toEqual({ isAuthorized: false, context: anonymous });
      for (const rejections of ['explained', 'bare'] as const) {
        expect(await gateway(rejections).ask(headers, 'GET /api/optional')).toEqual({
          isAuthorized: true,
          context: anonymous,
        });
      }
    },
  );

  it('is what an event without headers has', async () => {
    const authorize = gateway().ask as (headers: unknown) => Promise<unknown>;
    expect(await authorize(undefined)).toMatchObject({ context: { verdict: 'anonymous' } });
  });
});

describe('a bad credential', () => {
  it('is refused where one is optional, too', async () => {
    expect(await gateway().ask({ authorization: 'Bearer bad' }, 'GET /api/optional')).toEqual(
      refused('the token is not valid'),
    );
    expect(await gateway('bare').ask({ authorization: 'Bearer bad' }, 'GET /api/optional')).toMatchObject({
      isAuthorized: false,
    });
  });

  it('is left to API Gateway’s own 403 where rejections are bare', async () => {
    expect(await gateway('bare').ask({ authorization: 'Bearer bad' })).toMatchObject({ isAuthorized: false });
    expect(await gateway('bare').ask({ authorization: 'Bearer good' })).toMatchObject({ isAuthorized: true });
  });

  it.each([
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['a bearer scheme without a token', 'Bearer '],
    ['a token without a scheme', 'a.b.c'],
    ['two tokens', 'Bearer a.b.c d.e.f'],
    ['two headers, joined', 'Bearer a.b.c,Bearer d.e.f'],
    ['characters outside b64token', 'Bearer a.b.c\u0000'],
    ['more than 8 KB', `Bearer ${'a'.repeat(8193)}`],
  ])('of %s is told to be no bearer token, and not verified', async (_, authorization) => {
    const { ask, asked } = gateway();
    expect(await ask({ authorization })).toEqual(refused('the credential is not a bearer token'));
    expect(asked).toEqual([]);
  });

  it('of 8 KB is looked at', async () => {
    const { ask, asked } = gateway();
    await ask({ authorization: `Bearer ${'a'.repeat(8192)}` });
    expect(asked).toHaveLength(1);
  });
});

it('an outage is thrown, so that API Gateway keeps nothing, and told to the log without the credential', async () => {
  const { lines, restore } = captureLines();
  await expect(gateway().ask({ authorization: 'Bearer outage' }).finally(restore)).rejects.toMatchObject({
    code: 'jwks_unavailable',
  });
  expect(lines).toEqual([{ message: 'authorizer failed', request_id: 'request-1', error: 'Error: no keys' }]);
});
