import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';

/**
 * How functions in the VPC reach the internet: not at all, through a NAT gateway, or by IPv6 alone (an upstream then
 * needs an AAAA record).
 */
export type Egress = 'none' | 'nat' | 'ipv6';

export type CacheKind = 'serverless' | 'node';
export type CacheEngine = 'valkey' | 'redis';
/** How functions log in to the cache: with their roles, or not at all. */
export type CacheAuth = 'iam' | 'none';

/** The cache that counts requests. */
export interface FoundationCache {
  readonly kind: CacheKind;
  readonly engine: CacheEngine;
  /** `rediss://host:port`: TLS always. */
  readonly redisUrl: string;
  /** Whether it speaks the cluster protocol. */
  readonly cluster: boolean;
  /** The dimension of the cache's metrics: `clusterId` of a serverless one, `CacheClusterId` of a node. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Processing units a second that are ready and paid for; a node has none. @default 0 */
  readonly ecpuMinimum?: number;
  /** Variables that give a function the cache's address and login. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets a role log in to the cache. The network must also let its function through. */
  grantConnect(grantee: IGrantable): void;
}

/** Network, cache and table of a gateway. `FoundationStack` makes one; any object of this shape will do. */
export interface Foundation {
  readonly vpc: IVpc;
  /** Where proxy functions run. */
  readonly subnets: readonly ISubnet[];
  /** The only user group of the cache. */
  readonly functionSecurityGroup: ISecurityGroup;
  /** Circuit states and their history, and the rules of operators. Its keys are those of the contract's `TABLE`. */
  readonly table: ITable;
  readonly cache: FoundationCache;
  readonly egress: Egress;
  /** DNS zones whose names resolve to addresses inside the VPC. */
  readonly privateZones: readonly string[];
}
