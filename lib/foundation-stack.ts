import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type ISecurityGroup, type ISubnet, type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { Cache } from './foundation/cache.ts';
import type { Egress, Foundation, FoundationCache } from './foundation/foundation.ts';
import { checkFoundationProps } from './foundation/foundation-kinds.ts';
import type { FoundationStackProps } from './foundation/foundation-props.ts';
import { Network } from './foundation/network.ts';
import { createStateTable } from './foundation/state-table.ts';
import { ENCRYPTION_KEY, encryptLogs } from './gateway/functions/encrypted-logs.ts';
import { checkKind } from './gateway/props/check-props.ts';
import { about } from './invalid-prop.ts';

/** Network, cache and table, which outlive a gateway. Deploying the gateway never touches them. */
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

    // Exported even if no gateway uses them yet: otherwise deploying a gateway would change this stack. The gateway reads
    // the cache's values from outputs, not exports, since those values may change.
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
