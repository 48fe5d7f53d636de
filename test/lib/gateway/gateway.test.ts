import { Duration, Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CIRCUIT_DEFAULTS, timingOf } from '../../../lambdas/contract/circuit/circuit-policy.ts';
import { CircuitBreaker } from '../../../lib/gateway/circuit/circuit-breaker.ts';
import { Gateway } from '../../../lib/gateway/gateway.ts';
import type { GatewayProps } from '../../../lib/gateway/gateway-props.ts';
import { decodeAuthorizerConfig, decodeCircuitsConfig } from '../../support/documents.ts';
import { authorizerDocument, documentOf } from '../support/documents.ts';
import { JWT, onlyResource, refusalOf, routes, serviceProps, testFoundation, testGateway } from '../support/stacks.ts';

function environmentOf(template: Template, description: string): Record<string, unknown> {
  const fn = onlyResource(template, 'AWS::Lambda::Function', { Description: description });
  return (fn['Environment'] as { Variables: Record<string, unknown> }).Variables;
}

describe('a gateway', () => {
  let stack: Stack;
  let template: Template;
  beforeAll(() => {
    const test = testGateway({ name: 'edge', namespace: 'Tollgate/test', corsOrigins: ['https://app.example.com'] });
    test.gateway.addService('users', serviceProps());
    test.gateway.addService('orders', {
      prefix: '/api/orders',
      upstream: 'http://orders',
      circuitBreaker: CircuitBreaker.none(),
    });
    stack = test.stack;
    template = test.template();
  });

  it('is an HTTP API whose one stage is the default one, throttled, measured and logged', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      Name: 'edge',
      ProtocolType: 'HTTP',
      DisableExecuteApiEndpoint: false,
    });
    const stage = onlyResource(template, 'AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { DetailedMetricsEnabled: false, ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
    });
    const { Format } = stage['AccessLogSettings'] as { Format: string };
    expect(JSON.parse(Format)).toMatchObject({
      requestId: '$context.requestId',
      routeKey: '$context.routeKey',
      status: '$context.status',
      responseLatency: '$context.responseLatency',
      integrationLatency: '$context.integrationLatency',
      userId: '$context.authorizer.sub',
      client: '$context.authorizer.client',
      sourceIp: '$context.identity.sourceIp',
      errorMessage: '$context.error.message',
    });
    // Nothing in it can mask a token that a client puts there.
    expect(Format).not.toMatch(/\$context\.(path|identity\.userAgent)/);
  });

  it('asks its authorizer once a credential and route, and again after a minute', () => {
    expect(onlyResource(template, 'AWS::ApiGatewayV2::Authorizer')).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: ['$request.header.Authorization', '$context.routeKey'],
    });
  });

  it('tells the authorizer whose tokens count and to explain what is wrong with others', () => {
    expect(decodeAuthorizerConfig(authorizerDocument(stack))).toMatchObject({
      rejections: 'explained',
      issuers: [{ issuer: JWT.issuer, audience: [JWT.audience] }],
    });
  });

  it('answers GET /health without asking for a token', () => {
    expect(routes(template)['GET /health']?.authorized).toBe(false);
  });

  it('speaks CORS for all services at once', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://app.example.com'],
        AllowHeaders: Match.arrayWith(['authorization', 'content-type']),
        ExposeHeaders: Match.arrayWith(['ratelimit', 'retry-after', 'x-request-id']),
      },
    });
  });

  it('lets preflight requests past the authorizer to a function that answers 200', () => {
    const found = routes(template);
    const health = found['GET /health'];
    expect(health).toBeDefined();
    expect(found['OPTIONS /api/users']).toEqual(health);
    expect(found['OPTIONS /api/users/{proxy+}']).toEqual(health);
  });

  it('makes every function small: arm64, Node 24, a log group of its own kept for a month, plain lines', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    expect(functions).toHaveLength(7);
    for (const { Properties: fn } of functions) {
      expect(fn).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x', Handler: 'index.handler' });
      expect(fn.LoggingConfig).toEqual({ LogFormat: 'Text', LogGroup: { Ref: expect.any(String) } });
    }
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    template.resourceCountIs('AWS::Logs::LogGroup', 8);
  });

  it('gives no function a managed policy, and each the log group it writes to', () => {
    for (const { Properties: role } of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(role).not.toHaveProperty('ManagedPolicyArns');
    }
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('GatewayHealth') }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('HealthFunctionLogs'), 'Arn'] },
          },
        ],
      },
    });
  });

  it('keeps the authorizer, the circuit and widget functions and health outside the VPC', () => {
    const outside = Object.values(template.findResources('AWS::Lambda::Function'))
      .filter(({ Properties: fn }) => fn.VpcConfig === undefined)
      .map(({ Properties: fn }) => fn.Description);
    expect(outside.sort()).toEqual([
      'Tollgate edge: opens circuits on alarms',
      'Tollgate edge: shows circuits on the dashboard',
      'Tollgate: health of the edge',
      'Tollgate: verifies credentials',
    ]);
  });

  it('tells the circuit function which services have a circuit', () => {
    const circuits = documentOf(stack, 'Tollgate edge: opens circuits on alarms', 'circuits');
    expect(decodeCircuitsConfig(circuits)).toEqual({
      gateway: 'edge',
      namespace: 'Tollgate/test',
      services: { users: { ...timingOf(CIRCUIT_DEFAULTS), shadow: false } },
    });
    const { TOLLGATE_TABLE } = environmentOf(template, 'Tollgate edge: opens circuits on alarms');
    expect(TOLLGATE_TABLE).toHaveProperty('Fn::ImportValue');
  });

  it('lets all of its alarms, and no others, invoke the circuit function by one permission', () => {
    const permission = onlyResource(template, 'AWS::Lambda::Permission', {
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
    });
    expect(permission).toMatchObject({ Action: 'lambda:InvokeFunction', SourceAccount: { Ref: 'AWS::AccountId' } });
    expect(JSON.stringify(permission['SourceArn'])).toContain(':alarm:edge-*');
  });

  it('invokes the circuit function twice more within minutes, and keeps for two weeks what it failed at', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('CircuitFunction') },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 300,
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Tollgate edge: opens circuits on alarms',
      DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLettersQueue'), 'Arn'] } },
    });
    expect(onlyResource(template, 'AWS::SQS::Queue')).toEqual({
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      },
    });
  });

  it('has an alarm on what the circuit function failed at', () => {
    expect(onlyResource(template, 'AWS::CloudWatch::Alarm', { AlarmName: 'edge-circuit-dead-letters' })).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [
        { Name: 'QueueName', Value: { 'Fn::GetAtt': [expect.stringContaining('DeadLettersQueue'), 'QueueName'] } },
      ],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('lets the circuit function reach the circuits of this gateway only', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('GatewayCircuit') }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
            Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['circuit#edge#*'] } },
          }),
        ]),
      },
    });
  });

  it('has one dashboard that shows its services', () => {
    const { DashboardBody } = onlyResource(template, 'AWS::CloudWatch::Dashboard');
    expect(JSON.stringify(DashboardBody)).toContain('users');
  });

  it('says where it is, and how its dashboard is called', () => {
    template.hasOutput('*', { Description: 'Where clients find the gateway' });
    const [dashboard] = Object.keys(template.findResources('AWS::CloudWatch::Dashboard'));
    const outputs = Object.entries(template.findOutputs('*', { Value: { Ref: dashboard } }));
    expect(outputs.map(([id]) => id)).toEqual([expect.stringContaining('DashboardName')]);
  });
});

describe('a gateway told otherwise', () => {
  it('answers bad credentials barely, accepts several issuers, keeps logs for a year, lets fewer in', () => {
    const test = testGateway({
      rejections: 'bare',
      jwt: [
        { ...JWT, subjectPrefix: null },
        { issuer: 'https://other.example.com', audience: null, subjectPrefix: 'other' },
      ],
      logRetention: RetentionDays.ONE_YEAR,
      throttleRate: 10,
      throttleBurst: 20,
      dashboard: false,
    });
    const template = test.template();
    const config = decodeAuthorizerConfig(authorizerDocument(test.stack));
    expect(config.rejections).toBe('bare');
    expect(config.issuers.map(({ audience }) => audience)).toEqual([['api'], null]);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
    });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  it('has no preflight routes without CORS', () => {
    const test = testGateway();
    test.gateway.addService('users', serviceProps());
    expect(Object.keys(routes(test.template())).sort()).toEqual([
      'ANY /api/users',
      'ANY /api/users/{proxy+}',
      'GET /health',
    ]);
  });
});

describe('a wrong gateway', () => {
  const untyped: readonly [string, object, string][] = [
    ['a misspelt prop', { corsOrigin: ['*'] }, 'dashboard, got "corsOrigin": write corsOrigins'],
    [
      'no foundation',
      { foundation: undefined },
      'foundation must be a FoundationStack or of its shape, got undefined: ',
    ],
    [
      'no issuer',
      { jwt: undefined },
      'jwt must be an issuer or an array of them, got undefined: write { issuer, audience }',
    ],
    [
      'a misspelt prop of an issuer',
      { jwt: { ...JWT, jwksUrl: 'https://auth/keys' } },
      'jwt: props must be among issuer, audience, jwksUri, algorithms, clockTolerance, profile, subjectPrefix, claims, requires, got "jwksUrl": write jwksUri',
    ],
    [
      'an issuer without an audience',
      { jwt: { issuer: JWT.issuer } },
      'jwt: audience must be a string, an array of strings or null, got undefined: ',
    ],
    ['one origin', { corsOrigins: '*' }, 'corsOrigins must be an array of strings, got "*": '],
    [
      'verdicts that are kept for five minutes',
      { verdictCache: Duration.minutes(5) },
      'verdictCache must be between 0 s and 1 min, got 5 min: for that long a credential is let in that has ended',
    ],
    [
      'verdicts that are kept for parts of a second',
      { verdictCache: Duration.millis(1500) },
      'verdictCache must be whole seconds, got 1500 ms: write Duration.seconds(2)',
    ],
    ['a number of bad credentials', { badCredentials: 30 }, 'badCredentials must be a RateLimit'],
    ['a list of identity headers', { identityHeaders: ['x-user-id'] }, 'identityHeaders must be an object by header'],
    ['other rejections', { rejections: 'silent' }, "rejections must be 'explained' or 'bare', got \"silent\": "],
    ['a retention of 31 days', { logRetention: 31 }, 'logRetention must be one of RetentionDays, got 31: '],
    [
      'a number for a limit',
      { rateLimit: 5000 },
      'rateLimit must be a RateLimit or an array of them, got 5000: write ',
    ],
    [
      'a cache timeout of two seconds',
      { cacheTimeout: Duration.seconds(2) },
      'cacheTimeout must be between 5 ms and 1 s, got 2 s: a healthy cache answers in about 1 ms',
    ],
    ['a word for headers', { rateLimitHeaders: 'off' }, 'rateLimitHeaders must be a boolean, got "off": write true or'],
    [
      'an address for a topic',
      { alarmTopic: 'ops@example.com' },
      'alarmTopic must be an SNS topic, got "ops@example.com"',
    ],
    ['text for a boolean', { dashboard: 'no' }, 'dashboard must be a boolean, got "no": write true or false'],
    ['a host for a domain', { domain: 'api.example.com' }, 'domain must be an object, got "api.example.com": '],
    [
      'a misspelt prop of its domain',
      { domain: { name: 'api.example.com', cert: 'arn' } },
      'domain: props must be among name, certificate, truststore, got "cert": leave it out',
    ],
    [
      'a misspelt prop of its truststore',
      { domain: { name: 'api.example.com', certificate: 'arn', truststore: { bucket: 'b', keys: 'clients.pem' } } },
      'domain: truststore: props must be among bucket, key, version, got "keys": write key',
    ],
  ];
  it.each(untyped)('with %s is refused where no compiler did', (_, changes, message) => {
    const foundation = testFoundation();
    const props = { foundation, jwt: JWT, ...changes } as GatewayProps;
    const refusal = refusalOf(() => new Gateway(new Stack(foundation.node.root, 'Edge'), 'Gateway', props));
    expect(refusal).toContain('gateway Edge/Gateway: ');
    expect(refusal).toContain(message);
  });

  const wrong: readonly [string, Partial<GatewayProps>, string][] = [
    [
      'an issuer over http',
      { jwt: { issuer: 'http://auth', audience: 'api' } },
      'issuer must be an https URL, got "http://auth": ',
    ],
    [
      'an empty audience',
      { jwt: { issuer: 'https://auth', audience: [] } },
      'audience must name whom tokens are made for, got []: ',
    ],
    ['a namespace of AWS', { namespace: 'AWS/Lambda' }, 'namespace must be at most 255 letters'],
    [
      'an origin with a path',
      { corsOrigins: ['https://app/x'] },
      'a CORS origin must be scheme and host without a path, got "https://app/x": ',
    ],
    ...[0, Number.NaN, Number.POSITIVE_INFINITY].map((throttleRate): [string, Partial<GatewayProps>, string] => [
      `a rate of ${throttleRate}`,
      { throttleRate },
      `throttleRate must be a finite number of at least 1 request a second, got ${throttleRate}: `,
    ]),
    [
      'a burst of half a request',
      { throttleBurst: 0.5 },
      'throttleBurst must be a whole number of at least 1, got 0.5',
    ],
    [
      'a domain that is none',
      { domain: { name: 'API', certificate: 'x' } },
      'the name of a domain must be a host name in lower case, got "API": ',
    ],
  ];
  it.each(wrong)('with %s is refused by its path', (_, props, message) => {
    expect(() => testGateway(props)).toThrow(`gateway Edge/Gateway: ${message}`);
  });

  it('with the namespace of another is refused: its failures would open the circuits of the other', () => {
    const { gateway, stack } = testGateway();
    const foundation = gateway.node.root.node.findChild('Foundation') as ReturnType<typeof testFoundation>;
    expect(() => new Gateway(stack, 'Second', { foundation, jwt: JWT })).toThrow(
      'two gateways of one account and region must have namespaces of their own, got "Tollgate" here and at Edge/Gateway: ',
    );
    expect(() => new Gateway(stack, 'Third', { foundation, jwt: JWT, namespace: 'Other' })).not.toThrow();
  });
});
