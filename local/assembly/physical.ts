import type { Place, Resource } from './stack.ts';

type Target = Place & { readonly resource: Resource };

interface Resolver {
  resolve(value: unknown, place: Place): unknown;
}

/** The property that names a resource of this type, if the stack can choose the name. */
const NAME_PROPERTY: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::ApiGatewayV2::Stage': 'StageName',
  'AWS::SNS::Topic': 'TopicName',
};

/** The value of `Ref`: the chosen name, or the stack's name and the logical id. */
export function physicalId(target: Target, resolver: Resolver): string {
  const { resource, stack, logicalId } = target;
  if (resource.Type === 'AWS::Lambda::Alias' || resource.Type === 'AWS::Lambda::Version') {
    return qualifiedFunction(target, resolver);
  }
  if (resource.Type === 'AWS::SNS::Topic') return attributeOf(target, 'TopicArn', resolver);
  return chosenName(target, resolver) ?? `${stack.name}-${logicalId}`;
}

/** The value of `Fn::GetAtt`: a real ARN where the local run needs one, else a placeholder. */
export function attributeOf(target: Target, attribute: string, resolver: Resolver): string {
  const { resource, stack, logicalId } = target;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${stack.region}:${stack.account}:${rest}`;
  const name = () => chosenName(target, resolver) ?? `${stack.name}-${logicalId}`;
  switch (`${resource.Type}.${attribute}`) {
    case 'AWS::Lambda::Function.Arn':
      return arn('lambda', `function:${name()}`);
    case 'AWS::DynamoDB::Table.Arn':
    case 'AWS::DynamoDB::GlobalTable.Arn':
      return arn('dynamodb', `table/${name()}`);
    case 'AWS::CloudWatch::Alarm.Arn':
      return arn('cloudwatch', `alarm:${name()}`);
    case 'AWS::SNS::Topic.TopicArn':
      return arn('sns', name());
    default:
      return `${stack.name}-${logicalId}.${attribute}`;
  }
}

function chosenName({ resource, stack, logicalId }: Target, resolver: Resolver): string | undefined {
  const property = NAME_PROPERTY[resource.Type];
  const name = property === undefined ? undefined : resource.Properties?.[property];
  return name === undefined ? undefined : String(resolver.resolve(name, { stack, logicalId }));
}

function qualifiedFunction({ resource, stack, logicalId }: Target, resolver: Resolver): string {
  const name = String(resolver.resolve(resource.Properties?.['FunctionName'], { stack, logicalId }));
  const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:${stack.region}:${stack.account}:function:${name}`;
  return `${arn}:${String(resource.Properties?.['Name'] ?? logicalId)}`;
}

/** Name of the function in a Lambda ARN or in an API Gateway invocation ARN; undefined for other texts. */
export function functionNameIn(arn: string): string | undefined {
  return /arn:[^:]+:lambda:[^:]*:[^:]*:function:([A-Za-z0-9_-]+)/.exec(arn)?.[1];
}
