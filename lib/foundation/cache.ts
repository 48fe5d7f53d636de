import { ArnFormat, Names, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type ISecurityGroup, type ISubnet, type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnReplicationGroup, CfnServerlessCache, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { encodeCacheLogin } from '../../lambdas/contract/cache-login.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import { CacheUser } from './cache-user.ts';
import type { CacheAuth, CacheEngine, CacheKind, FoundationCache } from './foundation.ts';
import { weakOutput } from './weak-output.ts';

const SERVERLESS_PORT = 6379;
/** The customary port of Redis over TLS, and not the default that scanners try first. */
const NODE_PORT = 6380;
/**
 * A serverless cache listens on 6379, and on 6380 for reads. The functions read nothing there, but their client may ask
 * any member of the cluster for its slots. One range for both kinds: a change of kind leaves the rule as it is.
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/wwe-troubleshooting.html
 */
const PORTS = Port.tcpRange(SERVERLESS_PORT, NODE_PORT);

/** Serverless takes the major version; a replication group wants the minor one, too. */
const ENGINE_VERSIONS = {
  valkey: { major: '8', minor: '8.0' },
  redis: { major: '7', minor: '7.1' },
} as const satisfies Record<CacheEngine, { readonly major: string; readonly minor: string }>;

export interface CacheProps {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** The only group that reaches the cache. */
  readonly clients: ISecurityGroup;
  readonly kind: CacheKind;
  readonly engine: CacheEngine;
  readonly auth: CacheAuth;
  /** Processing units a second that a serverless cache has ready. */
  readonly ecpuMinimum: number | undefined;
  /** Encrypts what the cache writes to a disk. */
  readonly key: IKey | undefined;
}

/** The Redis that counts requests and outcomes: shared by all proxy functions, allowed to be lost, kept all the same. */
export class Cache extends Construct implements FoundationCache {
  readonly kind: CacheKind;
  readonly engine: CacheEngine;
  readonly redisUrl: string;
  readonly cluster: boolean;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly ecpuMinimum: number;
  readonly #user: CacheUser | undefined;
  readonly #name: string;

  constructor(scope: Construct, id: string, props: CacheProps) {
    super(scope, id);
    const port = props.kind === 'serverless' ? SERVERLESS_PORT : NODE_PORT;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Tollgate cache: reached by the proxy functions only',
      allowAllOutbound: false,
    });
    securityGroup.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    securityGroup.addIngressRule(props.clients, PORTS, 'Redis over TLS from the proxy functions');

    this.kind = props.kind;
    this.engine = props.engine;
    this.cluster = props.kind === 'serverless';
    this.ecpuMinimum = props.ecpuMinimum ?? 0;
    this.#user = props.auth === 'iam' ? new CacheUser(this, 'User', props.engine) : undefined;
    const made =
      props.kind === 'serverless' ? this.serverless(props, securityGroup) : this.singleNode(props, securityGroup);
    const host = weakOutput(Stack.of(this), 'CacheEndpoint', made.host, 'Where the cache is');
    this.#name = weakOutput(Stack.of(this), 'CacheName', made.name, 'Name of the cache');
    this.redisUrl = `rediss://${host}:${port}`;
    // `clusterId`, in this spelling: serverless caches report under no other dimension. The metrics of a node carry the
    // name of its one member, which ElastiCache derives from the group's.
    // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-metrics-events-redis.html
    this.dimensions = this.cluster ? { clusterId: this.#name } : { CacheClusterId: `${this.#name}-001` };
    this.environment = {
      [Env.redisUrl]: this.redisUrl,
      [Env.redisCluster]: String(this.cluster),
      ...(this.#user && { [Env.redisLogin]: this.login(this.#user) }),
    };
  }

  grantConnect(grantee: IGrantable): void {
    if (this.#user === undefined) return;
    const resource = this.kind === 'serverless' ? 'serverlesscache' : 'replicationgroup';
    // Both are asked for: as whom, and into what.
    const resourceArns = [this.arn('user', this.#user.userId), this.arn(resource, this.#name)];
    Grant.addToPrincipal({ grantee, actions: ['elasticache:Connect'], resourceArns });
  }

  private login({ userId }: CacheUser): string {
    return encodeCacheLogin({ user: userId, cache: this.#name, serverless: this.kind === 'serverless' });
  }

  private arn(resource: string, resourceName: string): string {
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    return Stack.of(this).formatArn({ service: 'elasticache', resource, resourceName, arnFormat });
  }

  private serverless({ engine, subnets, ecpuMinimum, key }: CacheProps, securityGroup: ISecurityGroup) {
    // ElastiCache lower-cases the name, and metrics are found under the lower-cased one.
    const name = Names.uniqueResourceName(this, { maxLength: 40, separator: '-' }).toLowerCase();
    const cache = new CfnServerlessCache(this, 'Serverless', {
      serverlessCacheName: name,
      description: 'Tollgate: request counters and outcomes of services',
      engine,
      majorEngineVersion: ENGINE_VERSIONS[engine].major,
      subnetIds: subnets.map((subnet) => subnet.subnetId),
      securityGroupIds: [securityGroup.securityGroupId],
      ...(this.#user && { userGroupId: this.#user.groupId }),
      cacheUsageLimits: {
        // What is stored is capped, so the bill for it is.
        dataStorage: { unit: 'GB', maximum: 1 },
        ...(ecpuMinimum !== undefined && { ecpuPerSecond: { minimum: ecpuMinimum } }),
      },
      ...(key && { kmsKeyId: key.keyArn }),
    });
    cache.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return { host: cache.attrEndpointAddress, name: cache.ref };
  }

  private singleNode({ engine, subnets, key }: CacheProps, securityGroup: ISecurityGroup) {
    const subnetGroup = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Tollgate: where the cache lives',
      subnetIds: subnets.map((subnet) => subnet.subnetId),
    });
    subnetGroup.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    const group = new CfnReplicationGroup(this, 'Node', {
      replicationGroupDescription: 'Tollgate: request counters and outcomes of services',
      engine,
      engineVersion: ENGINE_VERSIONS[engine].minor,
      cacheNodeType: 'cache.t4g.micro',
      numCacheClusters: 1,
      automaticFailoverEnabled: false,
      multiAzEnabled: false,
      port: NODE_PORT,
      cacheSubnetGroupName: subnetGroup.ref,
      securityGroupIds: [securityGroup.securityGroupId],
      ...(this.#user && { userGroupIds: [this.#user.groupId] }),
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      ...(key && { kmsKeyId: key.keyArn }),
    });
    group.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(group).acknowledge(
      {
        id: 'AwsSolutions-AEC4',
        reason:
          'One node by choice: this kind exists to cost $9 a month. Counters may be lost, and proxy functions count in their own memory meanwhile.',
      },
      {
        id: 'AwsSolutions-AEC6',
        reason: this.#user
          ? 'The rule looks for one token that all clients share. Here each connection enters by IAM, with a token of its own that holds for 15 minutes.'
          : 'Only the security group of the proxy functions reaches the port, over TLS; a token would have to lie in each function as plain text.',
      },
    );
    return { host: group.attrPrimaryEndPointAddress, name: group.ref };
  }
}
