import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeCacheLogin } from '../../lambdas/contract/cache-login.ts';
import { addStacks } from '../../lib/app.ts';
import { environmentOf } from '../../lib/environments.ts';
import { ACCESS_STRING } from '../../lib/foundation/access-string.ts';
import type { Egress } from '../../lib/foundation/foundation.ts';
import type { FoundationStackProps } from '../../lib/foundation/foundation-props.ts';
import { FoundationStack } from '../../lib/foundation-stack.ts';
import { Gateway } from '../../lib/gateway/gateway.ts';
import { JWT, onlyResource, serviceProps, testApp, testFoundation, testGateway } from './support/stacks.ts';

const KEPT_ONCE_DEPLOYED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };

const foundationTemplate = (props: FoundationStackProps = {}) => Template.fromStack(testFoundation(props));

describe('the foundation', () => {
  let template: Template;
  beforeAll(() => {
    template = foundationTemplate();
  });

  it('is a VPC over two zones from which nothing reaches the internet', () => {
    template.resourceCountIs('AWS::EC2::Subnet', 2);
    template.resourceCountIs('AWS::EC2::InternetGateway', 0);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
  });

  it('reaches DynamoDB by a gateway endpoint in the routes of every subnet', () => {
    const endpoint = onlyResource(template, 'AWS::EC2::VPCEndpoint');
    expect(endpoint['VpcEndpointType']).toBe('Gateway');
    expect(JSON.stringify(endpoint['ServiceName'])).toContain('.dynamodb');
    expect(endpoint['RouteTableIds']).toHaveLength(2);
  });

  it('logs rejected traffic only', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
  });

  it('counts in a serverless Valkey whose growth ends at 1 GB', () => {
    expect(onlyResource(template, 'AWS::ElastiCache::ServerlessCache')).toMatchObject({
      Engine: 'valkey',
      ServerlessCacheName: expect.stringMatching(/^[a-z][a-z0-9-]{0,39}$/),
      CacheUsageLimits: { DataStorage: { Maximum: 1, Unit: 'GB' } },
    });
  });

  it('lets the functions into the cache and nobody else', () => {
    const ingress = onlyResource(template, 'AWS::EC2::SecurityGroupIngress');
    expect(ingress).toMatchObject({
      IpProtocol: 'tcp',
      FromPort: 6379,
      ToPort: 6380,
      GroupId: { 'Fn::GetAtt': [expect.stringContaining('CacheSecurityGroup'), 'GroupId'] },
      SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringContaining('FunctionSecurityGroup'), 'GroupId'] },
    });
    for (const { Properties: group } of Object.values(template.findResources('AWS::EC2::SecurityGroup'))) {
      expect(group).not.toHaveProperty('SecurityGroupIngress');
    }
  });

  it('says in which security group the functions are, for upstreams to let it in', () => {
    template.hasOutput('FunctionSecurityGroupId', {
      Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FunctionSecurityGroup'), 'GroupId'] },
    });
  });

  it('decides in a table that is billed by use, expires items and is backed up', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });

  it.each([
    'AWS::ElastiCache::ServerlessCache',
    'AWS::ElastiCache::User',
    'AWS::ElastiCache::UserGroup',
    'AWS::Logs::LogGroup',
  ])('keeps its %s when the stack goes, and not when its first deployment is rolled back', (type) => {
    template.allResources(type, KEPT_ONCE_DEPLOYED);
  });

  it('keeps its table in any case, since a protected one cannot be deleted', () => {
    template.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it.each([
    [{ egress: 'natt' }, "egress must be 'none' or 'nat' or 'ipv6', got \"natt\""],
    [{ cacheKind: 'serverles' }, "cacheKind must be 'serverless' or 'node', got"],
    [{ cacheEngine: 'memcached' }, "cacheEngine must be 'valkey' or 'redis', got"],
    [{ cacheAuth: 'password' }, "cacheAuth must be 'iam' or 'none', got"],
    [{ ecpuMinimum: 999 }, 'ecpuMinimum must be a whole number between 1000 and 15000000, got 999'],
    [{ ecpuMinimum: 1000, cacheKind: 'node' }, "ecpuMinimum must be left out with cacheKind: 'node', got 1000"],
    [
      { availabilityZones: ['eu-central-1a'] },
      'availabilityZones must be at least two zones by their names, each once',
    ],
    [{ availabilityZones: 'eu-central-1a' }, "got \"eu-central-1a\": write ['us-east-1a', 'us-east-1b']"],
    [{ availabilityZones: ['a', 'a'] }, 'availabilityZones must be at least two zones by their names, each once'],
    [{ availabilityZones: ['use1-az1', 'use1-az2'] }, 'by their names, each once, got ["use1-az1","use1-az2"]'],
    [{ availabilityZones: [1, 2] }, 'by their names, each once, got [1,2]'],
    [
      { availabilityZones: ['a', 'b'], vpc: () => undefined },
      'availabilityZones must be left out with vpc, got ["a","b"]',
    ],
    [{ cacheEngin: 'redis' }, 'got "cacheEngin": write cacheEngine'],
    [{ dynamoDbEndpoint: 'false' }, 'dynamoDbEndpoint must be a boolean, got "false": write true or false'],
    [{ privateZones: 'corp.example.com' }, 'privateZones must be an array of strings, got "corp.example.com"'],
    [{ vpc: 'vpc-0a1b2c3d' }, 'vpc must be a VPC or a function that imports one, got "vpc-0a1b2c3d"'],
    [{ encryptionKey: { keyArn: 'arn:aws:kms:…' } }, 'encryptionKey must be a KMS key and no alias, got {"keyArn":'],
    [
      { encryptionKey: (scope: Construct) => Alias.fromAliasName(scope, 'Alias', 'alias/mine') },
      'encryptionKey must be a KMS key and no alias, got an instance of',
    ],
    [{ encryptionKey: () => undefined }, 'encryptionKey must be a KMS key and no alias, got undefined'],
    [{ encryptionKey: 'alias/mine' }, 'encryptionKey must be a KMS key and no alias, got "alias/mine"'],
  ])('is refused with %j', (props, message) => {
    expect(() => testFoundation(props as FoundationStackProps)).toThrow(message);
  });

  it('cannot be deleted by mistake', () => {
    expect(testFoundation().terminationProtection).toBe(true);
  });

  it('is the same whether a gateway stands on it or not', () => {
    const app = testApp();
    const foundation = new FoundationStack(app, 'Foundation');
    const gateway = new Gateway(new Stack(app, 'Edge'), 'Gateway', { foundation, jwt: JWT });
    gateway.addService('users', serviceProps());
    expect(Template.fromStack(foundation).toJSON()).toEqual(template.toJSON());
  });
});

describe('the cache', () => {
  it('may be one small node, encrypted on the wire and at rest', () => {
    const foundation = testFoundation({ cacheKind: 'node' });
    expect(foundation.cache).toMatchObject({ kind: 'node', engine: 'valkey', cluster: false });
    expect(Object.keys(foundation.cache.dimensions)).toEqual(['CacheClusterId']);
    const template = Template.fromStack(foundation);
    expect(onlyResource(template, 'AWS::ElastiCache::ReplicationGroup')).toMatchObject({
      Engine: 'valkey',
      CacheNodeType: 'cache.t4g.micro',
      NumCacheClusters: 1,
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
      AtRestEncryptionEnabled: true,
      Port: 6380,
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6380 });
    for (const type of ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::SubnetGroup']) {
      template.allResources(type, KEPT_ONCE_DEPLOYED);
    }
  });

  it.each([
    ['serverless', 'AWS::ElastiCache::ServerlessCache', { Engine: 'redis', MajorEngineVersion: '7' }],
    ['node', 'AWS::ElastiCache::ReplicationGroup', { Engine: 'redis', EngineVersion: '7.1' }],
  ] as const)('may be Redis OSS on a %s cache', (cacheKind, type, properties) => {
    foundationTemplate({ cacheKind, cacheEngine: 'redis' }).hasResourceProperties(type, properties);
  });

  it('is reached by TLS, and reports under the dimension of its kind', () => {
    const { cache } = testFoundation();
    expect(cache.redisUrl).toMatch(/^rediss:\/\/.+:6379$/);
    expect(cache).toMatchObject({ kind: 'serverless', engine: 'valkey', cluster: true });
    expect(Object.keys(cache.dimensions)).toEqual(['clusterId']);
  });
});

describe('the processing units of a serverless cache', () => {
  const limits = (props: FoundationStackProps) =>
    onlyResource(foundationTemplate(props), 'AWS::ElastiCache::ServerlessCache')['CacheUsageLimits'];

  it('have no minimum that would have to be paid for, unless one is asked for', () => {
    expect(limits({})).not.toHaveProperty('ECPUPerSecond');
    expect(limits({ ecpuMinimum: 30_000 })).toMatchObject({ ECPUPerSecond: { Minimum: 30_000 } });
  });

  it('have no maximum, past which the cache would refuse what it could do', () => {
    expect(JSON.stringify(limits({ ecpuMinimum: 30_000 }))).not.toContain('"Minimum":30000,"Maximum"');
  });
});

describe('a changed kind of cache', () => {
  const deployed = (cacheKind: 'serverless' | 'node') => {
    const app = testApp();
    const foundation = new FoundationStack(app, 'Foundation', { cacheKind });
    const edge = new Stack(app, 'Edge');
    new Gateway(edge, 'Gateway', { foundation, jwt: JWT }).addService('users', serviceProps());
    return { foundation: Template.fromStack(foundation).toJSON(), edge: JSON.stringify(Template.fromStack(edge)) };
  };
  const before = deployed('serverless');
  const after = deployed('node');
  const exportsOf = ({ foundation }: typeof before) =>
    Object.values(foundation.Outputs as Record<string, { Value: unknown; Export?: unknown }>).filter(
      (output) => output.Export !== undefined,
    );

  it('changes no export, which CloudFormation would refuse while a gateway imports it', () => {
    expect(exportsOf(before).length).toBeGreaterThan(3);
    expect(exportsOf(after)).toEqual(exportsOf(before));
  });

  it('changes the values of outputs whose names stay, which the gateway reads when it is deployed', () => {
    for (const output of ['CacheEndpoint', 'CacheName']) {
      expect(after.foundation.Outputs[output].Value).not.toEqual(before.foundation.Outputs[output].Value);
      const reference = `{"Fn::GetStackOutput":{"StackName":"Foundation","OutputName":"${output}"}}`;
      for (const { edge } of [before, after]) expect(edge).toContain(reference);
    }
  });

  it('is not read from outputs by a gateway in the same stack, which has none before it is deployed', () => {
    const foundation = testFoundation();
    const gateway = new Gateway(foundation, 'Gateway', { foundation, jwt: JWT });
    const service = gateway.addService('users', serviceProps());
    for (const stack of [foundation, service]) {
      expect(JSON.stringify(Template.fromStack(stack))).not.toContain('Fn::GetStackOutput');
    }
  });

  it('leaves the network as it is, so that the former cache serves until the gateway is deployed', () => {
    const network = ({ foundation }: typeof before) =>
      Object.entries(foundation.Resources as Record<string, { Type: string }>).filter(([, { Type }]) =>
        Type.startsWith('AWS::EC2::'),
      );
    expect(network(after)).toEqual(network(before));
  });
});

describe('a key of the user', () => {
  const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f';
  const encryptionKey = (scope: Construct) => Key.fromKeyArn(scope, 'Yours', keyArn);

  it('encrypts the table, the cache and the log of the VPC', () => {
    const template = foundationTemplate({ encryptionKey });
    expect(onlyResource(template, 'AWS::DynamoDB::Table')['SSESpecification']).toEqual({
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: keyArn,
    });
    template.hasResourceProperties('AWS::ElastiCache::ServerlessCache', { KmsKeyId: keyArn });
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn });
  });

  it('encrypts a node as well', () => {
    const template = foundationTemplate({ encryptionKey, cacheKind: 'node' });
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { KmsKeyId: keyArn });
  });

  it('may be used by CloudWatch Logs for log groups of the account, where this app defines it', () => {
    const app = testApp();
    const keys = new Stack(app, 'Keys');
    new FoundationStack(app, 'Foundation', { encryptionKey: new Key(keys, 'Key') });
    const { Statement: statements } = onlyResource(Template.fromStack(keys), 'AWS::KMS::Key')['KeyPolicy'] as {
      Statement: Record<string, unknown>[];
    };
    const logs = statements.filter(({ Principal }) => JSON.stringify(Principal).includes('"logs.'));
    expect(logs).toHaveLength(1);
    expect(JSON.stringify(logs[0]?.['Condition'])).toContain('kms:EncryptionContext:aws:logs:arn');
  });

  it('is none unless it is given', () => {
    const template = JSON.stringify(foundationTemplate());
    expect(template).not.toContain('KmsKeyId');
    expect(template).not.toContain('SSESpecification');
  });
});

describe('the way into the cache', () => {
  it.each(['serverless', 'node'] as const)(
    'of kind %s is a user who enters by IAM, under one name of lower case',
    (cacheKind) => {
      const template = foundationTemplate({ cacheKind });
      const user = onlyResource(template, 'AWS::ElastiCache::User');
      expect(user).toMatchObject({
        Engine: 'valkey',
        AuthenticationMode: { Type: 'iam' },
        UserId: expect.stringMatching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/),
        UserName: user['UserId'],
        AccessString: ACCESS_STRING,
      });
      expect(onlyResource(template, 'AWS::ElastiCache::UserGroup')).toMatchObject({
        Engine: 'valkey',
        UserIds: [{ Ref: expect.stringContaining('CacheUser') }],
      });
    },
  );

  it('is the only one: the cache knows its group of users and no other', () => {
    const group = { Ref: expect.stringContaining('CacheUserGroup') };
    expect(onlyResource(foundationTemplate(), 'AWS::ElastiCache::ServerlessCache')).toMatchObject({
      UserGroupId: group,
    });
    const node = onlyResource(foundationTemplate({ cacheKind: 'node' }), 'AWS::ElastiCache::ReplicationGroup');
    expect(node).toMatchObject({ UserGroupIds: [group] });
  });

  it('of Redis OSS is closed to those who do not say who they are', () => {
    const template = foundationTemplate({ cacheEngine: 'redis' });
    const nobody = onlyResource(template, 'AWS::ElastiCache::User', { UserName: 'default' });
    expect(nobody).toMatchObject({ AccessString: 'off -@all' });
    expect(onlyResource(template, 'AWS::ElastiCache::UserGroup')['UserIds']).toHaveLength(2);
  });

  it('is told to functions: as whom, and into which cache', () => {
    const foundation = testFoundation();
    const { UserId } = onlyResource(Template.fromStack(foundation), 'AWS::ElastiCache::User');
    const { TOLLGATE_REDIS_LOGIN: login = '', ...others } = foundation.cache.environment;
    const [[, cache] = []] = Object.entries(foundation.cache.dimensions);
    expect(decodeCacheLogin(login)).toEqual({ user: UserId, cache, serverless: true });
    expect(others).toEqual({ TOLLGATE_REDIS_URL: foundation.cache.redisUrl, TOLLGATE_REDIS_CLUSTER: 'true' });
  });

  it.each([
    ['serverless', ':serverlesscache:'],
    ['node', ':replicationgroup:'],
  ] as const)('of kind %s is granted for that cache and that user alone', (cacheKind, kind) => {
    const foundation = testFoundation({ cacheKind });
    const role = new Role(foundation, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    foundation.cache.grantConnect(role);
    const template = Template.fromStack(foundation);
    const { PolicyDocument: policy } = onlyResource(template, 'AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^Role') }],
    });
    const [{ Action: action, Resource: resources }] = (
      policy as { Statement: [{ Action: string; Resource: object[] }] }
    ).Statement;
    expect(action).toBe('elasticache:Connect');
    const { UserId } = onlyResource(template, 'AWS::ElastiCache::User');
    expect(resources.map((resource) => JSON.stringify(resource)).sort()).toEqual([
      expect.stringContaining(`${kind}",{"Ref":"Cache`),
      expect.stringContaining(`:user:${UserId}"`),
    ]);
  });

  it('is granted to the role of every function that is told of the cache', () => {
    const { gateway, template } = testGateway();
    gateway.addService('users', serviceProps());
    const rolesOf = (type: string, isMeant: (properties: unknown) => boolean, of: (properties: never) => unknown) =>
      Object.values(template().findResources(type))
        .filter(({ Properties: properties }) => isMeant(properties))
        .map(({ Properties: properties }) => JSON.stringify(of(properties as never)))
        .sort();
    const told = rolesOf(
      'AWS::Lambda::Function',
      (properties) => JSON.stringify(properties).includes('TOLLGATE_REDIS_URL'),
      ({ Role: { 'Fn::GetAtt': role } }: { Role: { 'Fn::GetAtt': [string, string] } }) => role[0],
    );
    const granted = rolesOf(
      'AWS::IAM::Policy',
      (properties) => JSON.stringify(properties).includes('elasticache:Connect'),
      ({ Roles: [role] }: { Roles: [{ Ref: string }] }) => role.Ref,
    );
    expect(granted).toEqual(told);
    expect(granted.length).toBeGreaterThan(1);
  });

  it('may be left open, to whoever the network lets in', () => {
    const foundation = testFoundation({ cacheAuth: 'none' });
    const role = new Role(foundation, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    foundation.cache.grantConnect(role);
    expect(foundation.cache.environment).not.toHaveProperty('TOLLGATE_REDIS_LOGIN');
    const template = Template.fromStack(foundation);
    for (const type of ['AWS::ElastiCache::User', 'AWS::ElastiCache::UserGroup']) template.resourceCountIs(type, 0);
    expect(onlyResource(template, 'AWS::ElastiCache::ServerlessCache')).not.toHaveProperty('UserGroupId');
    expect(
      template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^Role') }] } }),
    ).toEqual({});
  });
});

describe('the zones', () => {
  it('are those that are asked for', () => {
    const template = foundationTemplate({ availabilityZones: ['eu-central-1a', 'eu-central-1c'] });
    const subnets = Object.values(template.findResources('AWS::EC2::Subnet'));
    expect(subnets.map(({ Properties }) => Properties.AvailabilityZone)).toEqual(['eu-central-1a', 'eu-central-1c']);
  });
});

describe('egress', () => {
  it.each(['none', 'nat', 'ipv6'] as const)('%s gives nothing in the VPC a public address', (egress) => {
    for (const { Properties } of Object.values(foundationTemplate({ egress }).findResources('AWS::EC2::Subnet'))) {
      expect(Properties.MapPublicIpOnLaunch ?? false).toBe(false);
    }
  });

  it('leaves the subnets of functions and cache where they are, so that it may change later', () => {
    const functionSubnets = (egress: Egress) =>
      Object.entries(foundationTemplate({ egress }).findResources('AWS::EC2::Subnet'))
        .filter(([id]) => id.includes('Functions'))
        .map(([id, { Properties: subnet }]) => [id, subnet.CidrBlock, subnet.AvailabilityZone]);
    const none = functionSubnets('none');
    expect(none.map(([, cidr]) => cidr)).toEqual(['10.0.0.0/20', '10.0.16.0/20']);
    expect(functionSubnets('nat')).toEqual(none);
    expect(functionSubnets('ipv6')).toEqual(none);
  });

  it('nat is one NAT gateway for both zones', () => {
    const template = foundationTemplate({ egress: 'nat' });
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
    template.resourceCountIs('AWS::EC2::Subnet', 4);
  });

  it('ipv6 is an egress-only gateway in a VPC with both protocols, without a NAT gateway', () => {
    const foundation = testFoundation({ egress: 'ipv6' });
    const template = Template.fromStack(foundation);
    template.resourceCountIs('AWS::EC2::EgressOnlyInternetGateway', 1);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.hasResourceProperties('AWS::EC2::Route', {
      DestinationIpv6CidrBlock: '::/0',
      EgressOnlyInternetGatewayId: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: Match.stringLikeRegexp('proxy functions:'),
      SecurityGroupEgress: Match.arrayWith([Match.objectLike({ CidrIpv6: '::/0' })]),
    });
    expect(foundation.subnets).toHaveLength(2);
  });
});

describe('a VPC of the user', () => {
  const withVpc = (props: FoundationStackProps) => {
    const app = testApp();
    const vpc = Vpc.fromVpcAttributes(new Stack(app, 'Own'), 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['a', 'b'],
      isolatedSubnetIds: ['isolated-a', 'isolated-b'],
      isolatedSubnetRouteTableIds: ['rt-a', 'rt-b'],
      privateSubnetIds: ['private-a', 'private-b'],
      privateSubnetRouteTableIds: ['rt-c', 'rt-d'],
    });
    return new FoundationStack(app, 'Foundation', { vpc, ...props });
  };

  it('is used instead of one of its own', () => {
    const foundation = withVpc({});
    expect(foundation.subnets.map(({ subnetId }) => subnetId)).toEqual(['isolated-a', 'isolated-b']);
    const template = Template.fromStack(foundation);
    template.resourceCountIs('AWS::EC2::VPC', 0);
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      VpcId: 'vpc-0123456789abcdef0',
      RouteTableIds: ['rt-a', 'rt-b'],
    });
  });

  it('may be imported by the foundation, since nothing outside a stack can be', () => {
    const foundation = testFoundation({
      vpc: (scope) =>
        Vpc.fromVpcAttributes(scope, 'Own', {
          vpcId: 'vpc-0123456789abcdef0',
          availabilityZones: ['a', 'b'],
          isolatedSubnetIds: ['isolated-a', 'isolated-b'],
          isolatedSubnetRouteTableIds: ['rt-a', 'rt-b'],
        }),
    });
    expect(foundation.subnets.map(({ subnetId }) => subnetId)).toEqual(['isolated-a', 'isolated-b']);
    Template.fromStack(foundation).resourceCountIs('AWS::EC2::VPC', 0);
  });

  it('lends its private subnets where it has egress', () => {
    expect(withVpc({ egress: 'nat' }).subnets.map(({ subnetId }) => subnetId)).toEqual(['private-a', 'private-b']);
  });

  it('lends the subnets that are asked for', () => {
    const foundation = withVpc({ subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } });
    expect(foundation.subnets.map(({ subnetId }) => subnetId)).toEqual(['private-a', 'private-b']);
  });

  it('keeps an endpoint for DynamoDB that it has', () => {
    Template.fromStack(withVpc({ dynamoDbEndpoint: false })).resourceCountIs('AWS::EC2::VPCEndpoint', 0);
  });

  it('may be looked up by stacks that have an account and a region', () => {
    const app = testApp();
    const env = { account: '123456789012', region: 'eu-central-1' };
    const vpc = (scope: Construct) => Vpc.fromLookup(scope, 'Yours', { vpcId: 'vpc-0123456789abcdef0' });
    addStacks(app, { ...environmentOf('dev'), env, foundation: { vpc } });
    // The first synthesis asks for what the lookup has to find; `cdk synth` finds it and synthesizes again.
    expect(app.synth().manifest.missing).toMatchObject([{ provider: 'vpc-provider', props: env }]);
  });

  it('may be one that the app makes', () => {
    const app = testApp();
    const vpc = new Vpc(new Stack(app, 'Own'), 'Vpc', { maxAzs: 2 });
    const foundation = new FoundationStack(app, 'Foundation', { vpc, egress: 'nat' });
    const gateway = new Gateway(new Stack(app, 'Edge'), 'Gateway', { foundation, jwt: JWT });
    gateway.addService('users', serviceProps({ upstream: 'https://api.example.com' }));
    expect(() => app.synth()).not.toThrow();
  });
});
