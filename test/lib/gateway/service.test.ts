import { Duration, Lazy, type Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANY_JWT, acceptance } from '../../../lambdas/contract/auth/auth-policy.ts';
import { DEFAULT_IDENTITY_HEADERS } from '../../../lambdas/contract/auth/identity-headers.ts';
import { CIRCUIT_DEFAULTS } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { Auth } from '../../../lib/gateway/auth/auth.ts';
import { CircuitBreaker } from '../../../lib/gateway/circuit/circuit-breaker.ts';
import type { Gateway } from '../../../lib/gateway/gateway.ts';
import { RateLimit } from '../../../lib/gateway/limits/rate-limit.ts';
import type { RouteProps } from '../../../lib/gateway/route.ts';
import type { ServiceProps } from '../../../lib/gateway/service-props.ts';
import { decodeServicePolicy } from '../../support/documents.ts';
import { windowLimit } from '../../support/policy.ts';
import { proxyDocument } from '../support/documents.ts';
import {
  onlyResource,
  proxyEnvironment,
  refusalOf,
  routes,
  serviceProps,
  testFoundation,
  testGateway,
} from '../support/stacks.ts';

describe('a service', () => {
  let stack: Stack;
  let template: Template;
  beforeAll(() => {
    const test = testGateway({ name: 'edge' });
    test.gateway.addService('users', serviceProps());
    test.gateway.addService('orders', {
      prefix: '/api/orders',
      upstream: 'https://order-service/v2/',
      timeout: Duration.seconds(29),
      auth: Auth.jwt({ scopes: ['orders'] }),
      rateLimit: RateLimit.none(),
      circuitBreaker: CircuitBreaker.none(),
      stripPrefix: false,
      forwardAuthorization: true,
      retries: 2,
      memorySize: 512,
      maxConcurrency: 20,
    });
    test.gateway.addService('products', {
      prefix: '/api/products',
      upstream: Lazy.string({ produce: () => 'http://resolved:1' }),
      timeout: Duration.millis(50),
      auth: Auth.none(),
      circuitBreaker: CircuitBreaker.of({ openFor: Duration.minutes(6), probes: 1, failureStatuses: [503] }),
      retries: 3,
      retryBudgetPercent: 25,
    });
    const payments = test.gateway.addService('payments', { prefix: '/api/payments', upstream: 'http://pay' });
    payments
      .addRoute('POST /refunds', {
        auth: Auth.jwt({ scopes: ['payments:refund'] }),
        rateLimit: RateLimit.perClient(5, Duration.minutes(1)),
      })
      .addRoute('GET /{id}', { auth: Auth.none() });
    stack = test.stack;
    template = test.template();
  });

  it('has the defaults that the design promises', () => {
    expect(decodeServicePolicy(proxyDocument(stack, 'users'))).toEqual({
      gateway: 'edge',
      service: 'users',
      namespace: 'Tollgate',
      prefix: '/api/users',
      upstream: 'http://user-service:3001',
      timeoutMs: 5000,
      stripPrefix: true,
      forwardAuthorization: false,
      identityHeaders: DEFAULT_IDENTITY_HEADERS,
      keepHeaders: [],
      badCredentials: windowLimit(30, 60_000, { name: 'bad-credentials', by: 'ip' }),
      circuit: CircuitBreaker.of().policy,
      retry: null,
      gatewayLimits: [],
      rateLimitHeaders: true,
      cacheTimeoutMs: 50,
      default: { auth: ANY_JWT, limits: [windowLimit(100, 60_000)], cost: 1 },
      routes: {},
    });
  });

  it('takes what is given', () => {
    expect(decodeServicePolicy(proxyDocument(stack, 'orders'))).toMatchObject({
      upstream: 'https://order-service/v2',
      timeoutMs: 29_000,
      stripPrefix: false,
      forwardAuthorization: true,
      circuit: null,
      retry: { attempts: 2, budgetShare: 0.1 },
      default: { auth: { accepts: [acceptance('jwt', { scopes: ['orders'] })] }, limits: [] },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Tollgate edge: proxy of orders',
      MemorySize: 512,
      ReservedConcurrentExecutions: 20,
    });
  });

  it('lets its integration write the challenge of 401 and 403 under the name that API Gateway may have renamed', () => {
    const challenge = {
      ResponseParameters: [
        { Destination: 'overwrite:header.WWW-Authenticate', Source: '$response.header.x-authenticate-challenge' },
      ],
    };
    const integrations = Object.values(template.findResources('AWS::ApiGatewayV2::Integration'));
    const mapped = integrations.filter(({ Properties }) => Properties.ResponseParameters !== undefined);
    expect(mapped.map(({ Properties }) => Properties.ResponseParameters)).toEqual(
      Array.from({ length: 4 }, () => ({ 401: challenge, 403: challenge })),
    );
  });

  it('writes its circuit and its retries whole, with the defaults of the props that are not given', () => {
    const policyOf = (service: string) => decodeServicePolicy(proxyDocument(stack, service));
    expect(policyOf('users')).toMatchObject({ circuit: CIRCUIT_DEFAULTS, retry: null });
    expect(policyOf('products')).toMatchObject({
      circuit: {
        ...CIRCUIT_DEFAULTS,
        openForMs: 360_000,
        maxOpenForMs: 360_000,
        probes: 1,
        failureStatuses: [503],
      },
      retry: { attempts: 3, budgetShare: 0.25 },
    });
  });

  it('writes an upstream that is known when all has been added', () => {
    expect(decodeServicePolicy(proxyDocument(stack, 'products')).upstream).toBe('http://resolved:1');
  });

  it('hears its prefix and all that lies below it, behind the authorizer', () => {
    const { 'ANY /api/users': self, 'ANY /api/users/{proxy+}': below } = routes(template);
    expect(self).toEqual({ authorized: true, target: expect.any(String) });
    expect(below).toEqual(self);
  });

  it('has no authorizer when it is public', () => {
    expect(routes(template)['ANY /api/products']?.authorized).toBe(false);
    expect(routes(template)['ANY /api/products/{proxy+}']?.authorized).toBe(false);
  });

  it('gives a route policies of its own on the same function', () => {
    const found = routes(template);
    expect(found['POST /api/payments/refunds']).toEqual(found['ANY /api/payments']);
    expect(found['GET /api/payments/{id}']).toEqual({ ...found['ANY /api/payments'], authorized: false });
    expect(decodeServicePolicy(proxyDocument(stack, 'payments')).routes).toEqual({
      'POST /api/payments/refunds': {
        auth: { type: 'required', accepts: [acceptance('jwt', { scopes: ['payments:refund'] })] },
        limits: [windowLimit(5, 60_000)],
        cost: 1,
      },
      'GET /api/payments/{id}': { auth: { type: 'none' }, limits: null, cost: 1 },
    });
  });

  it('is given up by the edge a little after its own timeout, and never after 30 s', () => {
    for (const [service, timeoutInMillis, timeout] of [
      ['users', 6000, 6],
      ['orders', Match.absent(), 30],
      ['products', 1050, 2],
    ] as const) {
      template.hasResourceProperties('AWS::Lambda::Function', {
        Description: `Tollgate edge: proxy of ${service}`,
        Timeout: timeout,
      });
      template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
        IntegrationType: 'AWS_PROXY',
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: timeoutInMillis,
        IntegrationUri: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${service}ProxyProxyFunction`), 'Arn'] },
      });
    }
  });

  it('may be invoked by the API by one permission, however many routes it has', () => {
    const permissions = Object.values(
      template.findResources('AWS::Lambda::Permission', {
        Properties: {
          FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^paymentsProxy'), 'Arn'] },
          Principal: 'apigateway.amazonaws.com',
        },
      }),
    );
    expect(permissions).toHaveLength(1);
    expect(JSON.stringify(permissions[0]?.Properties.SourceArn)).toContain('/*/*/*');
  });

  it('reaches the items of its own circuit and no other item of the table', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^usersProxy') }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
            Resource: { 'Fn::ImportValue': Match.stringLikeRegexp('TableCD117FA1Arn') },
            Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['circuit#edge#users'] } },
          },
        ]),
      },
    });
  });

  it("lists the operators' rules, and reaches nothing else of the table without a circuit", () => {
    const { PolicyDocument } = onlyResource(template, 'AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^ordersProxy') }],
    });
    const { Statement } = PolicyDocument as { Statement: readonly { Action: string | readonly string[] }[] };
    expect(Statement.filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:'))).toEqual([
      {
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: { 'Fn::ImportValue': expect.stringContaining('TableCD117FA1Arn') },
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['rules#edge'] } },
      },
    ]);
  });

  it('runs inside the VPC, and its code cannot touch the network interfaces', () => {
    const { VpcConfig } = onlyResource(template, 'AWS::Lambda::Function', {
      Description: 'Tollgate edge: proxy of users',
    });
    expect(VpcConfig).toMatchObject({
      SecurityGroupIds: [expect.anything()],
      SubnetIds: [expect.anything(), expect.anything()],
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^usersProxy') }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: Match.arrayWith(['ec2:CreateNetworkInterface']),
            Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
          }),
        ]),
      },
    });
  });

  it('finds the cache and the table in its environment', () => {
    const { TOLLGATE_REDIS_URL, TOLLGATE_REDIS_CLUSTER, TOLLGATE_TABLE } = proxyEnvironment(template, 'users');
    expect(JSON.stringify(TOLLGATE_REDIS_URL)).toMatch(
      /"rediss:\/\/",\{"Fn::GetStackOutput":\{[^}]+"CacheEndpoint"\}\},":6379"/,
    );
    expect(TOLLGATE_REDIS_CLUSTER).toBe('true');
    expect(TOLLGATE_TABLE).toHaveProperty('Fn::ImportValue');
  });

  it('has an alarm unless it has no circuit', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'edge-users-failures' });
    template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { AlarmName: 'edge-orders-failures' }, 0);
  });
});

describe('a service on a VPC with IPv6 egress', () => {
  it('reaches the internet by IPv6', () => {
    const test = testGateway({ foundation: testFoundation({ egress: 'ipv6' }) });
    test.gateway.addService('users', serviceProps({ upstream: 'https://api.example.com' }));
    test.template().hasResourceProperties('AWS::Lambda::Function', { VpcConfig: { Ipv6AllowedForDualStack: true } });
  });
});

describe('a wrong service', () => {
  let gateway: Gateway;
  beforeAll(() => {
    gateway = testGateway().gateway;
    gateway.addService('taken', { prefix: '/api/taken', upstream: 'http://taken' });
  });

  const wrong: readonly [string, Partial<ServiceProps>, string][] = [
    ['a prefix without a slash', { prefix: 'api' }, 'prefix must start with a slash, got "api": '],
    [
      'the prefix of another',
      { prefix: '/api/taken' },
      'prefix must not overlap another service\'s, got "/api/taken" beside /api/taken of taken: ',
    ],
    [
      'a prefix below another',
      { prefix: '/api/taken/x' },
      'prefix must not overlap another service\'s, got "/api/taken/x" beside /api/taken of taken: ',
    ],
    [
      'a prefix above another',
      { prefix: '/api' },
      'prefix must not overlap another service\'s, got "/api" beside /api/taken of taken: ',
    ],
    ['the path of the health route', { prefix: '/health' }, 'prefix must not overlap /health, got "/health": '],
    ['a timeout of 49 ms', { timeout: Duration.millis(49) }, 'timeout must be between 50 ms and 29 s, got 49 ms: '],
    [
      'a timeout of 45 s',
      { timeout: Duration.seconds(45) },
      'timeout must be between 50 ms and 29 s, got 45 s: API Gateway ends an integration at 30 s',
    ],
    [
      'an upstream that is no URL',
      { upstream: 'user-service' },
      'upstream must be an http or https URL, got "user-service": ',
    ],
    [
      'a public upstream',
      { upstream: 'https://api.example.com' },
      "upstream must be inside the VPC when egress is 'none', got the public host api.example.com: ",
    ],
    [
      'too little memory',
      { memorySize: 64 },
      'memorySize must be a whole number between 128 and 10240, got 64: 256 MB do for most',
    ],
    ['four retries', { retries: 4 }, 'retries must be a whole number between 0 and 3, got 4: write 1 or 2, '],
    [
      'a budget for more than there is',
      { retries: 1, retryBudgetPercent: 101 },
      'retryBudgetPercent must be more than 0 and at most 100, got 101: 10 lets one attempt more be made',
    ],
    [
      'a budget of retries that are not made',
      { retryBudgetPercent: 20 },
      'retryBudgetPercent must come with retries, got 20 with none: write retries: 1, or leave it out',
    ],
    [
      'a slow call that is a timeout',
      { timeout: Duration.seconds(2), circuitBreaker: CircuitBreaker.of({ slowCall: Duration.seconds(2) }) },
      "slowCall must be shorter than the service's timeout, got 2 s with 2 s: ",
    ],
    [
      'half a request at once',
      { maxConcurrency: 0.5 },
      'maxConcurrency must be a whole number between 1 and 100000, got 0.5: leave it out for no bound of its own',
    ],
  ];
  it.each(wrong)('with %s is refused by its name', (_, changes, message) => {
    // A name for each: what was refused has left its construct behind.
    const name = `s${wrong.findIndex(([, candidate]) => candidate === changes)}`;
    expect(() => gateway.addService(name, serviceProps({ prefix: `/api/${name}`, ...changes }))).toThrow(
      `service ${name}: ${message}`,
    );
  });

  const untyped: readonly [string, object, string][] = [
    [
      'a misspelt prop',
      { timout: Duration.seconds(5) },
      'props must be among prefix, upstream, timeout, auth, rateLimit, cost, circuitBreaker, retries, retryBudgetPercent, stripPrefix, forwardAuthorization, keepHeaders, memorySize, maxConcurrency, got "timout": write timeout',
    ],
    ['a prop that there is not', { hedging: 3 }, 'maxConcurrency, got "hedging": leave it out'],
    [
      'a timeout without a unit',
      { timeout: 5 },
      'timeout must be a Duration, got 5: write one like Duration.seconds(5)',
    ],
    ['no prefix', { prefix: undefined }, "prefix must be a string, got undefined: write one like '/api/users'"],
    [
      'a URL for an upstream',
      { upstream: new URL('http://users') },
      'upstream must be a string, got an instance of URL: ',
    ],
    ['auth by a longer name', { authorization: Auth.jwt() }, 'maxConcurrency, got "authorization": write auth'],
    ['false for auth', { auth: false }, 'auth must be an Auth, got false: write Auth.jwt() or Auth.none()'],
    [
      'a policy that is no RateLimit',
      { rateLimit: { limit: 5 } },
      'rateLimit must be a RateLimit or an array of them, got {"limit":5}: ',
    ],
    ['a policy that is no CircuitBreaker', { circuitBreaker: {} }, 'circuitBreaker must be a CircuitBreaker, got {}: '],
    ['text for a boolean', { stripPrefix: 'no' }, 'stripPrefix must be a boolean, got "no": write true or false'],
    ['text for a number', { memorySize: '256' }, 'memorySize must be a number, got "256": write it without quotes'],
  ];
  it.each(untyped)('with %s is refused where no compiler did', (_, changes, message) => {
    const name = `u${untyped.findIndex(([, candidate]) => candidate === changes)}`;
    const props = { ...serviceProps({ prefix: `/api/${name}` }), ...changes };
    const refusal = refusalOf(() => gateway.addService(name, props));
    expect(refusal).toContain(`service ${name}: `);
    expect(refusal).toContain(message);
  });

  it('without props is refused', () => {
    expect(() => gateway.addService('bare', undefined as unknown as ServiceProps)).toThrow(
      /^service bare: props must be an object of prefix, upstream, .*, got undefined: write \{ prefix: … \}$/,
    );
  });

  it('may have optional props that are undefined', () => {
    const props = { ...serviceProps({ prefix: '/api/undefined' }), timeout: undefined } as unknown as ServiceProps;
    expect(() => gateway.addService('undefined-timeout', props)).not.toThrow();
  });

  it('without a name is refused', () => {
    expect(() => gateway.addService(undefined as unknown as string, serviceProps())).toThrow(
      "a service's name must be a string, got undefined: write one like 'user-service'",
    );
  });

  it.each(['Users', '1users', 'us_ers', '', 'a'.repeat(32), '-a'])('named %j is refused', (name) => {
    expect(() => gateway.addService(name, serviceProps())).toThrow(
      `a service's name must be at most 31 lower-case letters, digits and hyphens and start with a letter, got ${JSON.stringify(name)}: write one like 'user-service'`,
    );
  });

  it('with the name of another is refused', () => {
    expect(() => gateway.addService('taken', serviceProps())).toThrow(
      'each service must have a name of its own, got "taken" twice: ',
    );
  });
});

describe('a wrong route', () => {
  const service = () => testGateway().gateway.addService('users', serviceProps());

  it('is refused with the name of its service', () => {
    expect(() => service().addRoute('users')).toThrow(
      'service users: a route must be a method, one space and a path, got "users"',
    );
  });

  it('is refused when it lies under the prefix of another service', () => {
    const { gateway } = testGateway();
    gateway.addService('orders', { prefix: '/api/orders', upstream: 'http://orders' });
    const users = gateway.addService('users', serviceProps());
    expect(() => users.addRoute('GET /api/orders/1')).toThrow('add it to the service at /api/orders');
  });

  it('is refused the second time, whatever its parameters are called', () => {
    const users = service().addRoute('GET /{id}');
    expect(() => users.addRoute('GET /{name}')).toThrow(
      'service users: a route must be given once, got "GET /api/users/{name}" beside \'GET /api/users/{id}\': ',
    );
  });

  it('is refused when the service has it anyway', () => {
    for (const key of ['ANY /{proxy+}', 'ANY /{rest+}', 'ANY /']) {
      expect(() => service().addRoute(key)).toThrow(
        `service users: a route must be another than the service's default routes ANY / and ANY /{proxy+}, got "${key}": give its auth, rateLimit and cost to addService`,
      );
    }
  });

  const untyped: readonly [string, unknown, string][] = [
    [
      'a prop of the service',
      { timeout: Duration.seconds(5) },
      'props must be among auth, rateLimit, cost, got "timeout": all else is the same for the whole service, so give it to addService',
    ],
    [
      'a misspelt prop',
      { rateLimt: RateLimit.none() },
      'props must be among auth, rateLimit, cost, got "rateLimt": write rateLimit',
    ],
    [
      'a policy that is no Auth',
      { auth: { type: 'none' } },
      'auth must be an Auth, got {"type":"none"}: write Auth.jwt() or Auth.none()',
    ],
    ['null for a limit', { rateLimit: null }, 'rateLimit must be a RateLimit or an array of them, got null: write '],
    [
      'an Auth for its props',
      Auth.none(),
      'props must be an object of auth, rateLimit, cost, got an instance of Auth: write { auth: … }',
    ],
  ];
  it.each(untyped)('is refused with %s where no compiler did', (_, props, message) => {
    expect(() => service().addRoute('GET /a', props as RouteProps)).toThrow(`service users: route GET /a: ${message}`);
  });

  it('is refused when it is no text', () => {
    expect(() => service().addRoute(undefined as unknown as string)).toThrow(
      'service users: a route must be a string, got undefined: ',
    );
  });

  it('may differ from another in its method', () => {
    expect(() => service().addRoute('GET /{id}').addRoute('PUT /{id}').addRoute('GET /{proxy+}')).not.toThrow();
  });

  it('is refused when the API has 300 of them', () => {
    const { gateway } = testGateway();
    expect(() => {
      for (let n = 0; n < 100; n++) {
        const one = gateway.addService(`s${n}`, {
          prefix: `/s${n}`,
          upstream: 'http://s',
          circuitBreaker: CircuitBreaker.none(),
        });
        one.addRoute('GET /x');
      }
    }).toThrow(
      /service s99: an API must have at most 300 routes, got one more with "GET \/s99\/x": let AWS raise the API's quota "Routes per API" and give the gateway the new one as routeQuota, or split the services/,
    );
  });
});

describe('wrong usage does not compile', () => {
  it('is checked by tsc', () => {
    const { gateway } = testGateway();
    const usage = () => {
      // @ts-expect-error a service has a prefix
      gateway.addService('users', { upstream: 'http://users' });
      // @ts-expect-error a timeout has a unit
      gateway.addService('users', serviceProps({ timeout: 5 }));
      // @ts-expect-error opting out of auth is written out as Auth.none()
      gateway.addService('users', { ...serviceProps(), auth: false });
      // @ts-expect-error a limit among several is one, too
      gateway.addService('users', { ...serviceProps(), rateLimit: [RateLimit.none(), 5] });
      // @ts-expect-error a cost is a number
      gateway.addService('users', { ...serviceProps(), cost: '5' });
      // @ts-expect-error so is counting nothing
      gateway.addService('users', { ...serviceProps(), rateLimit: null });
      // @ts-expect-error nothing but Auth makes one
      gateway.addService('users', { ...serviceProps(), auth: { policy: { type: 'none' } } });
      // @ts-expect-error a misspelt prop
      gateway.addService('users', { ...serviceProps(), hedging: 3 });
    };
    expect(usage).toBeTypeOf('function');
  });
});
