/** A nested stack: its resources are served like those of any stack. */
export const NESTED_STACK = 'AWS::CloudFormation::Stack';

/** Resource types that the local run serves. */
export const SERVED = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  NESTED_STACK,
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::Table',
  'AWS::DynamoDB::GlobalTable',
  'AWS::Lambda::Alias',
  'AWS::Lambda::Function',
  'AWS::Lambda::Version',
] as const;

/** Resource types that the local run ignores, and why. A trailing `*` matches every type with that prefix. */
const IGNORED: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::ApiMapping': 'the local address has no custom domain',
  'AWS::ApiGatewayV2::DomainName': 'the local address has no custom domain',
  'AWS::ApplicationAutoScaling::*': 'nothing scales here',
  'AWS::Budgets::Budget': 'nothing is billed here',
  'AWS::CDK::Metadata': 'reports to AWS which constructs are used',
  'AWS::CertificateManager::Certificate': 'the local address speaks plain HTTP',
  'AWS::EC2::*': 'functions run on this machine',
  'AWS::ElastiCache::*': "this machine's Redis is used instead",
  'AWS::Events::*': 'alarms invoke their functions themselves here',
  'AWS::IAM::*': 'nothing is denied here',
  'AWS::KMS::*': 'nothing is encrypted here',
  'AWS::Lambda::EventInvokeConfig': 'an asynchronous invocation runs once here',
  'AWS::Lambda::Permission': 'nothing is denied here',
  'AWS::Logs::*': 'log lines go to the terminal',
  'AWS::Route53::*': 'the local address needs no name',
  'AWS::S3::Bucket': 'has no part in a request',
  'AWS::S3::BucketPolicy': 'nothing is denied here',
  'AWS::SecretsManager::*': 'has no part in a request',
  'AWS::SNS::*': 'notifications are log lines here',
  'AWS::SQS::*': 'an invocation that fails is a log line here',
  'AWS::SSM::Parameter': 'has no part in a request',
  'Custom::VpcRestrictDefaultSG': 'functions run on this machine',
  'Custom::LogRetention': 'log lines go to the terminal',
};

/** `name`: the entry of the list, a type or a family. */
export type Treatment =
  | { readonly kind: 'served' }
  | { readonly kind: 'ignored'; readonly name: string; readonly why: string };

/** How the local run treats a resource type; undefined: it does not know the type. */
export function treatmentOf(type: string): Treatment | undefined {
  if ((SERVED as readonly string[]).includes(type)) return { kind: 'served' };
  const family = `${type.split('::').slice(0, 2).join('::')}::*`;
  for (const name of [type, family]) {
    const why = Object.hasOwn(IGNORED, name) ? IGNORED[name] : undefined;
    if (why !== undefined) return { kind: 'ignored', name, why };
  }
  return undefined;
}
