import { Names, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type ISecurityGroup, type ISubnet, type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnReplicationGroup, CfnServerlessCache, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import type { CacheEngine, CacheKind, FoundationCache } from './foundation.ts';

/** ElastiCache Serverless listens there and nowhere else; its readers' port 6380 is not used. */
const SERVERLESS_PORT = 6379;
/** The customary port of Redis over TLS, and not the default that scanners try first. */
const NODE_PORT = 6380;

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
}

/** The Redis that counts requests and outcomes: shared by all proxy functions, allowed to be lost, kept all the same. */
export class Cache extends Construct implements FoundationCache {
  readonly kind: CacheKind;
  readonly engine: CacheEngine;
  readonly redisUrl: string;
  readonly cluster: boolean;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Attributes of the resource that the above are made of. */
  readonly attributes: readonly string[];

  constructor(scope: Construct, id: string, props: CacheProps) {
    super(scope, id);
    const port = props.kind === 'serverless' ? SERVERLESS_PORT : NODE_PORT;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Tollgate cache: reached by the proxy functions only',
      allowAllOutbound: false,
    });
    securityGroup.applyRemovalPolicy(RemovalPolicy.RETAIN);
    securityGroup.addIngressRule(props.clients, Port.tcp(port), 'Redis over TLS from the proxy functions');

    this.kind = props.kind;
    this.engine = props.engine;
    this.cluster = props.kind === 'serverless';
    const { host, name, dimensions } =
      props.kind === 'serverless' ? this.serverless(props, securityGroup) : this.singleNode(props, securityGroup);
    this.redisUrl = `rediss://${host}:${port}`;
    this.dimensions = dimensions;
    this.attributes = [host, name];
  }

  private serverless({ engine, subnets }: CacheProps, securityGroup: ISecurityGroup) {
    // ElastiCache lower-cases the name, and metrics are found under the lower-cased one.
    const name = Names.uniqueResourceName(this, { maxLength: 40, separator: '-' }).toLowerCase();
    const cache = new CfnServerlessCache(this, 'Serverless', {
      serverlessCacheName: name,
      description: 'Tollgate: request counters and outcomes of services',
      engine,
      majorEngineVersion: ENGINE_VERSIONS[engine].major,
      subnetIds: subnets.map((subnet) => subnet.subnetId),
      securityGroupIds: [securityGroup.securityGroupId],
      // What is stored is capped, so the bill for it is.
      cacheUsageLimits: { dataStorage: { unit: 'GB', maximum: 1 } },
    });
    cache.applyRemovalPolicy(RemovalPolicy.RETAIN);
    // `clusterId`, in this spelling: serverless caches report under no other dimension.
    // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-metrics-events-redis.html
    return { host: cache.attrEndpointAddress, name: cache.ref, dimensions: { clusterId: cache.ref } };
  }

  private singleNode({ engine, subnets }: CacheProps, securityGroup: ISecurityGroup) {
    const subnetGroup = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Tollgate: where the cache lives',
      subnetIds: subnets.map((subnet) => subnet.subnetId),
    });
    subnetGroup.applyRemovalPolicy(RemovalPolicy.RETAIN);
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
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
    });
    group.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Validations.of(group).acknowledge(
      {
        id: 'AwsSolutions-AEC4',
        reason:
          'One node by choice: this kind exists to cost $9 a month. Counters may be lost, and proxy functions count in their own memory meanwhile.',
      },
      {
        id: 'AwsSolutions-AEC6',
        reason:
          'Only the security group of the proxy functions reaches the port, over TLS; a token would have to lie in each function as plain text.',
      },
    );
    // The metrics of a node carry the name of its one member, which ElastiCache derives from the group's.
    return {
      host: group.attrPrimaryEndPointAddress,
      name: group.ref,
      dimensions: { CacheClusterId: `${group.ref}-001` },
    };
  }
}
