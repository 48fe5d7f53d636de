import { type App, type AppProps, Duration, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { checkedApp } from '../../../lib/app.ts';
import { FoundationStack } from '../../../lib/foundation-stack.ts';
import { Auth } from '../../../lib/gateway/auth/auth.ts';
import { Claim } from '../../../lib/gateway/auth/claim.ts';
import { CircuitBreaker } from '../../../lib/gateway/circuit/circuit-breaker.ts';
import { Gateway } from '../../../lib/gateway/gateway.ts';
import { RateLimit } from '../../../lib/gateway/limits/rate-limit.ts';

const JWT = { issuer: 'https://auth.example.com', audience: 'api' } as const;

/** The choices that no environment takes, in one app: what they synthesize is checked as theirs is. */
export function createVariants(props: AppProps = {}): App {
  const app = checkedApp(props);
  natAndMutualTls(app);
  ipv6(app);
  vpcOfTheUser(app);
  manyCredentials(app);
  circuits(app);
  return app;
}

function natAndMutualTls(app: App): void {
  const foundation = new FoundationStack(app, 'Nat-Foundation', {
    egress: 'nat',
    availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    cacheKind: 'node',
    cacheEngine: 'redis',
  });
  const gateway = new Gateway(new Stack(app, 'Nat-Gateway'), 'Gateway', {
    foundation,
    jwt: [
      { ...JWT, subjectPrefix: null },
      { issuer: 'https://other.example.com', audience: null, subjectPrefix: null },
    ],
    namespace: 'Tollgate/nat',
    rejections: 'bare',
    rateLimit: [RateLimit.total(10_000, Duration.seconds(10)), RateLimit.concurrency(1000, { by: 'total' })],
    rateLimitHeaders: false,
    badCredentials: RateLimit.none(),
    cacheTimeout: Duration.millis(100),
    domain: {
      name: 'api.example.com',
      certificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f',
      truststore: { bucket: 'trusted', key: 'clients.pem', version: 'v1' },
    },
  });
  gateway
    .addService('open', {
      prefix: '/open',
      upstream: 'https://open.example.com',
      timeout: Duration.seconds(29),
      auth: Auth.none(),
      rateLimit: RateLimit.none(),
      circuitBreaker: CircuitBreaker.none(),
      maxConcurrency: 20,
    })
    .addRoute('GET /mine', { auth: Auth.jwt({ scopes: ['mine'] }) })
    .addRoute('POST /login', {
      rateLimit: RateLimit.perIp(5, Duration.minutes(15), { name: 'login', onStoreFailure: 'closed' }),
    });
}

function ipv6(app: App): void {
  const foundation = new FoundationStack(app, 'Ipv6-Foundation', { egress: 'ipv6', cacheEngine: 'redis' });
  const gateway = new Gateway(new Stack(app, 'Ipv6-Gateway'), 'Gateway', {
    foundation,
    jwt: JWT,
    namespace: 'Tollgate/ipv6',
    corsOrigins: ['*'],
    dashboard: false,
  });
  gateway.addService('slow', {
    prefix: '/slow',
    upstream: 'https://slow.example.com',
    circuitBreaker: CircuitBreaker.of({ window: Duration.minutes(5), openFor: Duration.minutes(30), outcomes: false }),
    rateLimit: RateLimit.tokenBucket({ rate: 0.1, burst: 5, by: 'ip' }, { onStoreFailure: 'open' }),
  });
}

function vpcOfTheUser(app: App): void {
  const foundation = new FoundationStack(app, 'Own-Foundation', {
    vpc: (scope) =>
      Vpc.fromVpcAttributes(scope, 'Own', {
        vpcId: 'vpc-0123456789abcdef0',
        availabilityZones: ['eu-central-1a', 'eu-central-1b'],
        isolatedSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
      }),
    cacheKind: 'node',
    cacheAuth: 'none',
    encryptionKey: (scope) =>
      Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f'),
    privateZones: ['corp.example.com'],
  });
  const gateway = new Gateway(new Stack(app, 'Own-Gateway'), 'Gateway', {
    foundation,
    jwt: JWT,
    namespace: 'Tollgate/own',
  });
  gateway.grantOperate(new Role(gateway, 'OnCall', { assumedBy: new AccountRootPrincipal() }));
  gateway
    .addService('inside', {
      prefix: '/inside',
      upstream: 'http://inside.corp.example.com',
      rateLimit: [
        RateLimit.perPlan({ free: 60, pro: 600 }, Duration.minutes(1), { otherwise: 10 }),
        RateLimit.perClient(10_000, Duration.days(31)),
        RateLimit.perTenant(5000, Duration.minutes(1), { localShare: 0.1 }),
        RateLimit.concurrency(20),
      ],
      cost: 2,
    })
    .addRoute('POST /reports', {
      rateLimit: [RateLimit.perClient(5, Duration.hours(1), { shadow: true }), RateLimit.total(100, Duration.hours(1))],
      cost: 5,
    })
    .addRoute('GET /status', { rateLimit: RateLimit.none() });
}

/** In one gateway with the cache of verdicts, and in one without. */
function manyCredentials(app: App): void {
  const foundation = new FoundationStack(app, 'Keys-Foundation');
  for (const [name, verdictCache] of [
    ['Keys', Duration.seconds(30)],
    ['Uncached', Duration.seconds(0)],
  ] as const) {
    const gateway = new Gateway(new Stack(app, `${name}-Gateway`), 'Gateway', {
      foundation,
      jwt: [
        {
          issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_0a1b2c3d4',
          audience: null,
          subjectPrefix: null,
          claims: { roles: 'cognito:groups', email: null },
          requires: [Claim.equals('token_use', 'access'), Claim.oneOf('client_id', ['web', 'mobile'])],
        },
        {
          issuer: 'https://keycloak.example.com/realms/partner',
          audience: ['api', 'partner-api'],
          jwksUri: 'https://keycloak.example.com/realms/partner/protocol/openid-connect/certs',
          algorithms: ['PS256', 'ES512'],
          clockTolerance: Duration.seconds(30),
          profile: 'rfc9068',
          subjectPrefix: 'partner',
          claims: { roles: ['realm_access', 'roles'] },
        },
      ],
      namespace: `Tollgate/${name}`,
      verdictCache,
      badCredentials: RateLimit.perIp(10, Duration.minutes(5)),
      identityHeaders: {
        'x-user-id': 'sub',
        'x-client-id': 'client',
        'x-department': { claim: ['org', 'department'] },
      },
    });
    gateway
      .addService('either', {
        prefix: '/either',
        upstream: 'http://either',
        auth: Auth.any(Auth.jwt(), Auth.apiKey({ roles: ['service'] })),
      })
      .addRoute('GET /keys', { auth: Auth.apiKey({ header: 'X-Api-Key', anyScope: ['read', 'write'] }) })
      .addRoute('POST /keys', { auth: Auth.any(Auth.jwt(), Auth.apiKey({ header: 'x-api-key' })) })
      .addRoute('GET /news', {
        auth: Auth.optional(
          Auth.jwt({ anyRole: ['staff', 'partner'], claims: [Claim.matches('email', '*@example.com')] }),
        ),
        rateLimit: RateLimit.perTenant(100, Duration.minutes(1)),
      });
  }
}

function circuits(app: App): void {
  const keys = new Stack(app, 'Circuits-Keys');
  const encryptionKey = new Key(keys, 'Key', { enableKeyRotation: true });
  const foundation = new FoundationStack(app, 'Circuits-Foundation', { encryptionKey, ecpuMinimum: 30_000 });
  const stack = new Stack(app, 'Circuits-Gateway');
  const gateway = new Gateway(stack, 'Gateway', {
    foundation,
    jwt: JWT,
    namespace: 'Tollgate/circuits',
    encryptionKey,
    operatorConcurrency: 2,
    routeMetrics: true,
    alarmTopic: new Topic(stack, 'Alarms', {
      enforceSSL: true,
      masterKey: new Key(stack, 'AlarmsKey', { enableKeyRotation: true }),
    }),
  });
  gateway.grantViewCircuits(new Role(gateway, 'Viewer', { assumedBy: new AccountRootPrincipal() }));
  gateway.addService('guarded', {
    prefix: '/guarded',
    upstream: 'http://guarded',
    retries: 3,
    retryBudgetPercent: 20,
    maxConcurrency: 50,
    circuitBreaker: CircuitBreaker.of({
      failurePercent: 25,
      minRequests: 20,
      window: Duration.seconds(30),
      openFor: Duration.minutes(4),
      maxOpenFor: Duration.minutes(30),
      probes: 5,
      successes: 20,
      rampUp: Duration.minutes(1),
      failureStatuses: [502, 503, 504],
      failOnTimeout: false,
      failOnReset: false,
      slowCall: Duration.seconds(2),
      slowPercent: 1,
      throttlePercent: 10,
      healthCheck: '/healthz?deep=1',
      shadow: true,
      fallback: { status: 200, contentType: 'application/json; charset=utf-8', body: '{"items":[]}' },
    }),
  });
}

if (import.meta.main) createVariants().synth();
