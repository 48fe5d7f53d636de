import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type ISecurityGroup, type ISubnet, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
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
import { checkFoundationProps } from './foundation/foundation-kinds.ts';
import { Network, type NetworkProps } from './foundation/network.ts';
import { createStateTable } from './foundation/state-table.ts';
import { ENCRYPTION_KEY, encryptLogs } from './gateway/functions/encrypted-logs.ts';
import { checkKind } from './gateway/props/check-props.ts';
import { about } from './invalid-prop.ts';

export interface FoundationStackProps extends StackProps {
  /**
   * A VPC you have, with subnets in at least two zones. One that no stack of the app has is imported by the foundation:
   * `(scope) => Vpc.fromLookup(scope, 'Yours', { vpcId: 'vpc-…' })`. A lookup needs stacks with an `env`: the account and
   * the region that it asks.
   *
   * @default - a VPC of its own over two zones
   */
  readonly vpc?: NetworkProps['vpc'];
  /**
   * Zones of the foundation's own VPC, two or more: `['us-east-1a', 'us-east-1b']`. ElastiCache Serverless is not offered
   * in every zone (in us-east-1 not in use1-az3), and which name a zone has differs from account to account. Another list
   * later replaces subnets. Not for a VPC of yours.
   *
   * @default - the first two that the account has
   */
  readonly availabilityZones?: readonly string[];
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
   * It may be changed later: the former cache is kept, and its counters are not carried over.
   *
   * @default 'serverless'
   */
  readonly cacheKind?: CacheKind;
  /**
   * Fixed when the foundation is first deployed: ElastiCache changes neither a user's engine nor Valkey to Redis OSS. For
   * another one deploy another foundation.
   *
   * @default 'valkey'
   */
  readonly cacheEngine?: CacheEngine;
  /**
   * `iam`: each connection enters by the role of its function, with a token that holds for 15 minutes, and may do there
   * what the gateway does and no more. `none`: the cache lets in every client that the network lets through. Fixed when the foundation is
   * first deployed: functions and cache cannot change at the same moment. For the other one deploy another foundation.
   *
   * @default 'iam'
   */
  readonly cacheAuth?: CacheAuth;
  /**
   * Processing units a second that a serverless cache has ready at any time, 1,000 to 15,000,000. They are billed whether
   * they are used or not, $6.04 a month for each 1,000 of Valkey. AWS takes up to an hour to provide them.
   * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Scaling.html
   *
   * @default - none: a cache that was idle takes about 30,000 a second, and doubles that in 2 to 3 minutes (Redis OSS: 10
   * to 12)
   */
  readonly ecpuMinimum?: number;
  /**
   * A key of yours in KMS that encrypts the table, the cache and the VPC's log group. `(scope) => Key.fromKeyArn(scope,
   * 'Yours', 'arn:…')` imports one; its policy must let `logs.REGION.amazonaws.com` use it. Fixed for the cache when the
   * foundation is first deployed. The logs and the queue of a gateway have a prop of their own.
   *
   * @default - keys that AWS owns, free of charge
   */
  readonly encryptionKey?: IKey | ((scope: Construct) => IKey);
  /**
   * DNS zones whose names resolve to addresses inside the VPC, so upstreams under them need no egress:
   * `['corp.example.com']`.
   *
   * @default - none: single-label names, *.internal, *.local and private addresses count as inside anyway
   */
  readonly privateZones?: readonly string[];
}

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
    about(`foundation ${id}`, () => checkFoundationProps(props));
    super(scope, id, {
      description: 'Tollgate foundation: network, cache and table of a gateway',
      terminationProtection: true,
      ...props,
    });
    this.egress = props.egress ?? 'none';
    this.privateZones = props.privateZones ?? [];

    const key = typeof props.encryptionKey === 'function' ? props.encryptionKey(this) : props.encryptionKey;
    if (props.encryptionKey !== undefined) checkKind('encryptionKey', key, ENCRYPTION_KEY);
    if (key) encryptLogs(this, key);

    const network = new Network(this, 'Network', {
      egress: this.egress,
      ...(props.vpc && { vpc: props.vpc }),
      ...(props.availabilityZones && { availabilityZones: props.availabilityZones }),
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
    this.table = createStateTable(this, 'Table', key);
    this.cache = new Cache(this, 'Cache', {
      vpc: this.vpc,
      subnets: this.subnets,
      clients: this.functionSecurityGroup,
      kind: props.cacheKind ?? 'serverless',
      engine: props.cacheEngine ?? 'valkey',
      auth: props.cacheAuth ?? 'iam',
      ecpuMinimum: props.ecpuMinimum,
      key,
    });

    // Exported whether a gateway stands on them already or not: exports that follow what a gateway happens to use would
    // let its deployment change this stack. What a gateway reads of the cache is no export, since it may change.
    const ownSubnets = props.vpc === undefined ? this.subnets.map((subnet) => subnet.subnetId) : [];
    for (const value of [
      ...ownSubnets,
      this.functionSecurityGroup.securityGroupId,
      this.table.tableName,
      this.table.tableArn,
    ]) {
      this.exportValue(value);
    }
  }
}
