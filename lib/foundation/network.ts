import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  IpProtocol,
  type ISubnet,
  type IVpc,
  type SubnetConfiguration,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Egress } from './foundation.ts';

export interface NetworkProps {
  readonly egress: Egress;
  /** @default - a VPC of its own over two zones */
  readonly vpc?: IVpc | Vpc | ((scope: Construct) => IVpc | Vpc);
  /** @default - two, which CloudFormation chooses */
  readonly availabilityZones?: readonly string[];
  /** @default - isolated subnets without egress, private subnets with it */
  readonly subnets?: SubnetSelection;
  /** @default true */
  readonly dynamoDbEndpoint?: boolean;
}

/** Where proxy functions and the cache live. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const given = typeof props.vpc === 'function' ? props.vpc(this) : props.vpc;
    this.vpc = (given as IVpc | undefined) ?? this.createVpc(props);
    const selection = props.subnets ?? { subnetType: functionSubnetType(props.egress) };
    this.subnets = this.vpc.selectSubnets(selection).subnets;

    if (props.dynamoDbEndpoint ?? true) {
      // Free of charge, and without it a VPC without egress could not reach the table.
      // Made here and not by the VPC, which may be in a stack of the user's.
      new GatewayVpcEndpoint(this, 'DynamoDb', {
        vpc: this.vpc,
        service: GatewayVpcEndpointAwsService.DYNAMODB,
        subnets: [selection],
      });
    }
  }

  private createVpc({ egress, availabilityZones }: NetworkProps): IVpc {
    const vpc = new Vpc(this, 'Vpc', {
      ...(availabilityZones ? { availabilityZones: [...availabilityZones] } : { maxAzs: 2 }),
      natGateways: egress === 'nat' ? 1 : 0,
      ipProtocol: egress === 'ipv6' ? IpProtocol.DUAL_STACK : IpProtocol.IPV4_ONLY,
      subnetConfiguration: subnetConfiguration(egress),
      // Closing the default group takes a custom resource with a function and a role of its own. Nothing joins that
      // group, so what it would allow among its members is of no use to anybody.
      restrictDefaultSecurityGroup: false,
    });
    // Rejected traffic only: in a quiet network that is next to nothing, where logging all of it costs $0.50 a GB.
    vpc.addFlowLog('Rejected', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'RejectedTraffic', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        }),
      ),
    });
    // The class is no IVpc to a compiler with exactOptionalPropertyTypes.
    return vpc as IVpc;
  }
}

function functionSubnetType(egress: Egress): SubnetType {
  return egress === 'none' ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS;
}

function subnetConfiguration(egress: Egress): SubnetConfiguration[] {
  const functions: SubnetConfiguration = { name: 'Functions', subnetType: functionSubnetType(egress), cidrMask: 20 };
  // The NAT gateway brings an address of its own, and nothing else is in these subnets.
  const edge: SubnetConfiguration = {
    name: 'Edge',
    subnetType: SubnetType.PUBLIC,
    cidrMask: 24,
    mapPublicIpOnLaunch: false,
  };
  // Addresses are given out in this order: the functions' come first and are the same for every egress, so that a
  // deployed foundation may change its egress without its subnets being replaced.
  return egress === 'none' ? [functions] : [functions, edge];
}
