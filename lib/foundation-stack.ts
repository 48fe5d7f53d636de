import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type ISecurityGroup, type ISubnet, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { Cache } from './foundation/cache.ts';
import type {
  CacheAuth,
  CacheEngine,
  CacheKind,
  Egress,
  Foundation,
  FoundationCache,
} from './foundation/foundation.ts';
import { Network, type NetworkProps } from './foundation/network.ts';
import { createStateTable } from './foundation/state-table.ts';
import { checkKind, oneOf } from './gateway/check-props.ts';

export interface FoundationStackProps extends StackProps {
  /**
   * A VPC you have, with subnets in at least two zones. One that no stack of the app has is imported by the foundation:
   * `(scope) => Vpc.fromLookup(scope, 'Yours', { vpcId: 'vpc-…' })`.
   *
   * @default - a VPC of its own over two zones
   */
  readonly vpc?: NetworkProps['vpc'];
  /**
   * Where proxy functions and the cache live.
   *
   * @default - the isolated subnets when `egress` is `none`, otherwise the private ones
   */
  readonly subnets?: SubnetSelection;
  /**
   * How upstreams outside the VPC are reached. A NAT gateway costs $33 a month idle; IPv6 egress is free, but reaches
   * upstreams with an AAAA record only. For a VPC of yours: what it has.
   *
   * @default 'none'
   */
  readonly egress?: Egress;
  /**
   * Whether to add a gateway endpoint for DynamoDB, which is free. False for a VPC of yours that has one.
   *
   * @default true
   */
  readonly dynamoDbEndpoint?: boolean;
  /**
   * `serverless` scales by itself and spans zones, from about $6 a month; `node` is one `cache.t4g.micro` for about $9.
   *
   * @default 'serverless'
   */
  readonly cacheKind?: CacheKind;
  /** @default 'valkey' */
  readonly cacheEngine?: CacheEngine;
  /**
   * `iam`: each connection enters by the role of its function, with a token that holds for 15 minutes, and may do there
   * what the gateway does and no more. `none`: the cache lets in whoever the network does.
   *
   * @default 'iam'
   */
  readonly cacheAuth?: CacheAuth;
  /**
   * DNS zones whose names resolve to addresses inside the VPC, so upstreams under them need no egress:
   * `['corp.example.com']`.
   *
   * @default - none: single-label names, *.internal, *.local and private addresses count as inside anyway
   */
  readonly privateZones?: readonly string[];
}

const CHOICES = {
  egress: oneOf('none', 'nat', 'ipv6'),
  cacheKind: oneOf('serverless', 'node'),
  cacheEngine: oneOf('valkey', 'redis'),
  cacheAuth: oneOf('iam', 'none'),
};

/** What outlives a gateway: network, cache and table. Deploying the gateway never touches it. */
export class FoundationStack extends Stack implements Foundation {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly functionSecurityGroup: ISecurityGroup;
  readonly table: ITable;
  readonly cache: FoundationCache;
  readonly egress: Egress;
  readonly privateZones: readonly string[];

  constructor(scope: Construct, id: string, props: FoundationStackProps = {}) {
    for (const [name, kind] of Object.entries(CHOICES)) {
      const value = props[name as keyof typeof CHOICES];
      if (value !== undefined) checkKind(name, value, kind);
    }
    super(scope, id, {
      description: 'Tollgate foundation: network, cache and table of a gateway',
      terminationProtection: true,
      ...props,
    });
    this.egress = props.egress ?? 'none';
    this.privateZones = props.privateZones ?? [];

    const network = new Network(this, 'Network', {
      egress: this.egress,
      ...(props.vpc && { vpc: props.vpc }),
      ...(props.subnets && { subnets: props.subnets }),
      ...(props.dynamoDbEndpoint !== undefined && { dynamoDbEndpoint: props.dynamoDbEndpoint }),
    });
    this.vpc = network.vpc;
    this.subnets = network.subnets;
    this.functionSecurityGroup = new SecurityGroup(this, 'FunctionSecurityGroup', {
      vpc: this.vpc,
      description: 'Tollgate proxy functions: nothing comes in, upstreams may be anywhere',
      allowAllIpv6Outbound: this.egress === 'ipv6',
    });
    new CfnOutput(this, 'FunctionSecurityGroupId', {
      value: this.functionSecurityGroup.securityGroupId,
      description: 'Security group of the proxy functions: let it in where your upstreams are',
    });
    this.table = createStateTable(this, 'Table');
    const cache = new Cache(this, 'Cache', {
      vpc: this.vpc,
      subnets: this.subnets,
      clients: this.functionSecurityGroup,
      kind: props.cacheKind ?? 'serverless',
      engine: props.cacheEngine ?? 'valkey',
      auth: props.cacheAuth ?? 'iam',
    });
    this.cache = cache;

    // Exported whether a gateway stands on them already or not: exports that follow what a gateway happens to use would
    // let its deployment change this stack.
    const ownSubnets = props.vpc === undefined ? this.subnets.map((subnet) => subnet.subnetId) : [];
    for (const value of [
      ...ownSubnets,
      this.functionSecurityGroup.securityGroupId,
      this.table.tableName,
      this.table.tableArn,
      ...cache.attributes,
    ]) {
      this.exportValue(value);
    }
  }
}
