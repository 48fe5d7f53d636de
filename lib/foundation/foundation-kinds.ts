import type { StackProps } from 'aws-cdk-lib';
import { ENCRYPTION_KEY } from '../gateway/functions/encrypted-logs.ts';
import {
  BOOLEAN,
  checkProps,
  isObject,
  type Kind,
  NUMBER,
  oneOf,
  optional,
  type PropKinds,
  texts,
} from '../gateway/props/check-props.ts';
import { wholeNumber } from '../gateway/props/whole-number.ts';
import { InvalidPropError } from '../invalid-prop.ts';
import type { FoundationStackProps } from './foundation-props.ts';

type OwnProps = Omit<FoundationStackProps, keyof StackProps>;

/** Props that the CDK checks. The compiler demands all of them, also those of a later release. */
const STACK_PROPS: Readonly<Record<keyof StackProps, true>> = {
  analyticsReporting: true,
  crossRegionReferences: true,
  description: true,
  env: true,
  notificationArns: true,
  permissionsBoundary: true,
  propertyInjectors: true,
  stackName: true,
  suppressTemplateIndentation: true,
  synthesizer: true,
  tags: true,
  terminationProtection: true,
};

const VPC: Kind = {
  is: (value) => typeof value === 'function' || (isObject(value) && 'selectSubnets' in value),
  rule: 'a VPC or a function that imports one',
  fix: "write (scope) => Vpc.fromLookup(scope, 'Yours', { vpcId: 'vpc-…' })",
};
const SUBNETS: Kind = { is: isObject, rule: 'an object', fix: 'write { subnetType: SubnetType.PRIVATE_ISOLATED }' };
/** CloudFormation takes names of zones, and no ids. */
const ZONES: Kind = {
  is: (value) =>
    Array.isArray(value) &&
    new Set(value).size === value.length &&
    value.length >= 2 &&
    value.every((zone) => typeof zone === 'string' && zone !== '' && !/^[a-z]+\d-az\d+$/.test(zone)),
  rule: 'at least two zones by their names, each once',
  fix: "write ['us-east-1a', 'us-east-1b'], since a serverless cache spans zones",
};
const KEY_OR_IMPORT: Kind = {
  ...ENCRYPTION_KEY,
  is: (value) => typeof value === 'function' || ENCRYPTION_KEY.is(value),
};

const KINDS = {
  vpc: optional(VPC),
  availabilityZones: optional(ZONES),
  subnets: optional(SUBNETS),
  egress: optional(oneOf('none', 'nat', 'ipv6')),
  dynamoDbEndpoint: optional(BOOLEAN),
  cacheKind: optional(oneOf('serverless', 'node')),
  cacheEngine: optional(oneOf('valkey', 'redis')),
  cacheAuth: optional(oneOf('iam', 'none')),
  ecpuMinimum: optional(NUMBER),
  encryptionKey: optional(KEY_OR_IMPORT),
  privateZones: optional(texts('corp.example.com')),
} satisfies PropKinds<OwnProps>;

/** https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ECPUPerSecond.html */
const ECPU_MINIMUM = {
  min: 1_000,
  max: 15_000_000,
  fix: 'write one like 30_000, where each 1,000 cost $6 a month, or leave it out',
};

/** @throws InvalidPropError for a prop of another kind, an unknown prop, or two that exclude each other */
export function checkFoundationProps(props: FoundationStackProps): void {
  const own = Object.fromEntries(Object.entries(props).filter(([key]) => !Object.hasOwn(STACK_PROPS, key)));
  checkProps(own as OwnProps, KINDS);
  checkZones(props);
  checkEcpuMinimum(props);
}

function checkZones({ availabilityZones: zones, vpc }: OwnProps): void {
  if (zones === undefined || vpc === undefined) return;
  throw new InvalidPropError(
    `availabilityZones must be left out with vpc, got ${JSON.stringify(zones)}: your own VPC has its zones already; choose among its subnets with subnets`,
  );
}

function checkEcpuMinimum({ ecpuMinimum: units, cacheKind }: OwnProps): void {
  if (units === undefined) return;
  if (cacheKind !== 'node') wholeNumber('ecpuMinimum', units, ECPU_MINIMUM);
  else {
    throw new InvalidPropError(
      `ecpuMinimum must be left out with cacheKind: 'node', got ${units}: a node has no processing units; leave it out or write cacheKind: 'serverless'`,
    );
  }
}
