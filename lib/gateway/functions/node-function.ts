import { Aspects, type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type FunctionProps,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Documents } from '../../../lambdas/contract/documents.ts';
import type { Foundation } from '../../foundation/foundation.ts';
import type { FunctionEntry } from './bundle.ts';
import { FunctionCode } from './function-code.ts';
import { renderDocuments } from './function-documents.ts';
import { checkEnvironmentSize } from './function-environment.ts';

export interface NodeFunctionProps {
  /** @default - CloudFormation makes one up */
  readonly functionName?: string;
  readonly entry: FunctionEntry;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * What the function reads beside its code. Called at synthesis, when the last service and route have been added.
   *
   * @default - it reads none
   */
  readonly documents?: () => Partial<Documents>;
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly logRetention: RetentionDays;
  /** @default - outside any VPC */
  readonly network?: Pick<Foundation, 'vpc' | 'subnets' | 'functionSecurityGroup' | 'egress'>;
  /** @default - nothing invokes the function other than to hear its answer */
  readonly asynchronous?: Required<Pick<FunctionProps, 'retryAttempts' | 'maxEventAge' | 'deadLetterQueue'>>;
  /** @default - shares the account's concurrency with every other function */
  readonly maxConcurrency?: number;
}

/** A function as all of the gateway's are made: with a log group and a role of its own that allows that log group only. */
export function createFunction(
  scope: Construct,
  id: string,
  props: NodeFunctionProps,
): { readonly fn: LambdaFunction; readonly logGroup: LogGroup } {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: props.logRetention,
    // Logs of a renamed or removed function are kept until their retention ends.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: props.description,
  });
  logGroup.grantWrite(role);
  if (props.network) allowNetworkInterfaces(role);

  const code = new FunctionCode(props.entry);
  const fn = new LambdaFunction(scope, id, {
    ...(props.functionName !== undefined && { functionName: props.functionName }),
    description: props.description,
    code,
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memorySize,
    timeout: props.timeout,
    // No --enable-source-maps: parsing the map, larger than the bundle itself, takes some 20 ms of a proxy function's
    // cold start. The maps lie beside the bundles for whoever reads a stack later.
    environment: { ...props.environment },
    role,
    logGroup,
    // The functions write whole lines, and EMF is found in plain lines only.
    loggingFormat: LoggingFormat.TEXT,
    ...(props.maxConcurrency !== undefined && { reservedConcurrentExecutions: props.maxConcurrency }),
    ...(props.network && networkProps(props.network)),
    ...props.asynchronous,
  });
  atSynthesis(fn, () => {
    const { files, values } = renderDocuments(fn, props.documents?.() ?? {});
    for (const [name, value] of values) fn.addEnvironment(name, value);
    checkEnvironmentSize(fn);
    code.stage(fn, files);
  });
  return { fn, logGroup };
}

/** An aspect is visited before any template is rendered, that of a nested stack too. */
function atSynthesis(fn: LambdaFunction, complete: () => void): void {
  Aspects.of(fn).add({
    visit: (node) => {
      if (node === fn) complete();
    },
  });
}

function networkProps({
  vpc,
  subnets,
  functionSecurityGroup,
  egress,
}: NonNullable<NodeFunctionProps['network']>): Partial<FunctionProps> {
  return {
    vpc,
    vpcSubnets: { subnets: [...subnets] },
    securityGroups: [functionSecurityGroup],
    ...(egress === 'ipv6' && { ipv6AllowedForDualStack: true }),
  };
}

const NETWORK_INTERFACE_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lambda makes a function's network interfaces with the function's own role, and asks for these actions on every
 * resource. The second statement takes them from the code that runs in the function: only calls made by code carry
 * `lambda:SourceFunctionArn`. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
function allowNetworkInterfaces(role: Role): void {
  role.addToPolicy(new PolicyStatement({ actions: NETWORK_INTERFACE_ACTIONS, resources: ['*'] }));
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ['*'],
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda requires these EC2 actions on all resources to attach a function to a VPC; a second statement denies them to the code in the function.',
  });
}
