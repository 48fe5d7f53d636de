import { Duration, Lazy } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { AuthorizerConfig } from '../../../../lambdas/contract/auth/authorizer-config.ts';
import { Auth } from '../../../../lib/gateway/auth/auth.ts';
import { Claim } from '../../../../lib/gateway/auth/claim.ts';
import type { GatewayProps } from '../../../../lib/gateway/gateway-props.ts';
import { decodeAuthorizerConfig } from '../../../support/documents.ts';
import { authorizerDocument } from '../../support/documents.ts';
import { JWT, onlyResource, serviceProps, type TestGateway, testGateway } from '../../support/stacks.ts';

/** A gateway with one service of this auth, and a route for each of the others. */
function gatewayWith(
  auth: Auth,
  others: Readonly<Record<string, Auth>> = {},
  props: Partial<GatewayProps> = {},
): TestGateway {
  const test = testGateway({ name: 'edge', ...props });
  const service = test.gateway.addService('users', serviceProps({ auth }));
  for (const [key, other] of Object.entries(others)) service.addRoute(key, { auth: other });
  return test;
}

function configOf({ stack }: TestGateway): AuthorizerConfig {
  return decodeAuthorizerConfig(authorizerDocument(stack));
}

/** By the name of each authorizer: what it caches by, for how long, and its routes. */
function authorizers(template: Template): Record<string, { ttlS: number; sources: string[]; routes: string[] }> {
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);
  return Object.fromEntries(
    Object.entries(template.findResources('AWS::ApiGatewayV2::Authorizer')).map(([id, { Properties: found }]) => [
      found.Name,
      {
        ttlS: found.AuthorizerResultTtlInSeconds,
        sources: found.IdentitySource,
        routes: routes.filter((route) => route.AuthorizerId?.Ref === id).map((route) => route.RouteKey),
      },
    ]),
  );
}

const DEFAULT_ROUTES = ['ANY /api/users', 'ANY /api/users/{proxy+}'];
const BY_AUTHORIZATION = ['$request.header.Authorization', '$context.routeKey'];

describe('the authorizers of a gateway', () => {
  it('are one that caches while all credentials travel in Authorization', () => {
    const template = gatewayWith(Auth.jwt(), { 'GET /keys': Auth.any(Auth.jwt(), Auth.apiKey()) }).template();
    expect(authorizers(template)).toEqual({
      Authorizer: { ttlS: 60, sources: BY_AUTHORIZATION, routes: [...DEFAULT_ROUTES, 'GET /api/users/keys'] },
    });
  });

  it('are one more for each header of API keys, which caches by that', () => {
    const template = gatewayWith(Auth.jwt(), {
      'GET /a': Auth.apiKey({ header: 'X-Api-Key' }),
      'GET /b': Auth.apiKey({ header: 'x-api-key', scopes: ['b'] }),
      'GET /c': Auth.apiKey({ header: 'x-partner-key' }),
    }).template();
    const own = (header: string) => [`$request.header.${header}`, '$context.routeKey'];
    expect(authorizers(template)).toEqual({
      Authorizer: { ttlS: 60, sources: BY_AUTHORIZATION, routes: DEFAULT_ROUTES },
      'Authorizer-x-api-key': { ttlS: 60, sources: own('x-api-key'), routes: ['GET /api/users/a', 'GET /api/users/b'] },
      'Authorizer-x-partner-key': { ttlS: 60, sources: own('x-partner-key'), routes: ['GET /api/users/c'] },
    });
  });

  it('are one that is asked for each request where a credential may be missing or in either of two headers', () => {
    const template = gatewayWith(Auth.optional(Auth.jwt()), {
      'GET /either': Auth.any(Auth.jwt(), Auth.apiKey({ header: 'x-api-key' })),
    }).template();
    expect(authorizers(template)).toEqual({
      UncachedAuthorizer: { ttlS: 0, sources: [], routes: [...DEFAULT_ROUTES, 'GET /api/users/either'] },
    });
  });

  it('keep verdicts as long as the gateway says, or ask for each request', () => {
    const short = gatewayWith(Auth.jwt(), {}, { verdictCache: Duration.seconds(5) }).template();
    expect(authorizers(short)).toMatchObject({ Authorizer: { ttlS: 5, sources: BY_AUTHORIZATION } });
    const never = gatewayWith(Auth.jwt(), {}, { verdictCache: Duration.seconds(0) }).template();
    expect(authorizers(never)).toEqual({ UncachedAuthorizer: { ttlS: 0, sources: [], routes: DEFAULT_ROUTES } });
  });

  it('are none where anybody may call', () => {
    expect(authorizers(gatewayWith(Auth.none()).template())).toEqual({});
  });

  it('are ten at most', () => {
    const keys = Array.from({ length: 10 }, (_, n) => [`GET /${n}`, Auth.apiKey({ header: `x-key-${n}` })] as const);
    expect(() => gatewayWith(Auth.jwt(), Object.fromEntries(keys.slice(1)))).not.toThrow();
    expect(() => gatewayWith(Auth.jwt(), Object.fromEntries(keys))).toThrow(
      /^service users: an API must have at most 10 authorizers, got one more for \$request\.header\.x-key-9: let API keys travel/,
    );
  });

  it('may all invoke the one function', () => {
    const template = gatewayWith(Auth.jwt(), { 'GET /a': Auth.apiKey({ header: 'x-api-key' }) }).template();
    const permissions = template.findResources('AWS::Lambda::Permission', {
      Properties: { FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('AuthorizerFunction'), 'Arn'] } },
    });
    expect(Object.keys(permissions)).toHaveLength(2);
  });
});

describe('the authorizer function', () => {
  it('knows who may call which routes, also of those added last', () => {
    const refunds = Auth.jwt({ scopes: ['refund'] });
    const config = configOf(gatewayWith(Auth.jwt(), { 'POST /refunds': refunds, 'GET /same': Auth.jwt() }));
    expect(config).toMatchObject({
      gateway: 'edge',
      rejections: 'explained',
      claims: [],
      policies: [Auth.jwt().policy, refunds.policy],
      services: { '/api/users': 0 },
      routes: { 'POST /api/users/refunds': 1 },
    });
  });

  it('knows the claims that policies ask for or upstreams are told, each once', () => {
    const auth = Auth.jwt({ claims: [Claim.equals('tier', 'gold'), Claim.equals('org', 'acme')] });
    const identityHeaders = { 'x-org': { claim: 'org' }, 'x-user': 'sub', 'x-team': { claim: ['a', 'team'] } } as const;
    const config = configOf(gatewayWith(auth, {}, { identityHeaders }));
    expect(config.claims).toEqual(['/a/team', '/org', '/tier']);
  });

  it('is told what is known at deployment only', () => {
    const client = Lazy.string({ produce: () => 'made-at-deployment' });
    const jwt = { ...JWT, audience: null, requires: [Claim.oneOf('client_id', [client])] };
    expect(configOf(gatewayWith(Auth.jwt(), {}, { jwt })).issuers[0]?.requires).toEqual([
      { claim: '/client_id', op: 'oneOf', value: ['made-at-deployment'] },
    ]);
  });

  const LEADING = (...partitions: readonly string[]) => ({
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
  });
  function tableStatements(template: Template): readonly object[] {
    const { PolicyDocument } = onlyResource(template, 'AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('GatewayAuthorizer') }],
    });
    const { Statement } = PolicyDocument as { Statement: readonly { Action: unknown; Condition: unknown }[] };
    return Statement.filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:')).map(
      ({ Action, Condition }) => ({ Action, Condition }),
    );
  }
  const JWT_STATEMENTS = [
    { Action: 'dynamodb:GetItem', Condition: LEADING('jwks#edge', 'revocations#edge') },
    { Action: 'dynamodb:PutItem', Condition: LEADING('jwks#edge') },
  ];

  it("reads the issuers' keys and the mark of revocations, writes the former, and reaches no API key that no route takes", () => {
    expect(tableStatements(gatewayWith(Auth.jwt()).template())).toEqual(JWT_STATEMENTS);
  });

  it('reads API keys where a route takes them, and writes nothing of them but when they were last used', () => {
    const test = gatewayWith(Auth.jwt(), { 'GET /a': Auth.apiKey(), 'GET /b': Auth.optional(Auth.apiKey()) });
    expect(tableStatements(test.template())).toEqual([
      ...JWT_STATEMENTS,
      { Action: 'dynamodb:GetItem', Condition: LEADING('keys#edge') },
      {
        Action: 'dynamodb:UpdateItem',
        Condition: {
          'ForAllValues:StringEquals': {
            'dynamodb:LeadingKeys': ['keys#edge'],
            'dynamodb:Attributes': ['pk', 'sk', 'lastUsedAtMs'],
          },
          StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
        },
      },
    ]);
  });
});
