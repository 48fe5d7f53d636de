import type { StackProps } from 'aws-cdk-lib';
import type { SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { CacheAuth, CacheEngine, CacheKind, Egress } from './foundation.ts';
import type { NetworkProps } from './network.ts';

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
   * Fixed at the first deployment: ElastiCache changes neither a user's engine nor Valkey to Redis OSS. For another one
   * deploy another foundation.
   *
   * @default 'valkey'
   */
  readonly cacheEngine?: CacheEngine;
  /**
   * `iam`: each connection logs in with the role of its function and a token that is valid for 15 minutes. It may run only
   * the commands that the gateway needs. `none`: the cache accepts every client that can reach it. Fixed at the first
   * deployment: functions and cache cannot change at the same moment. For the other one deploy another foundation.
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
