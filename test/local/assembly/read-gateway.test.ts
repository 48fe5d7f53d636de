import { expect, test } from 'vitest';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly.ts';
import { readGateway } from '../../../local/assembly/read-gateway.ts';
import {
  type AssemblyFixture,
  alarmResource,
  TABLE_RESOURCE,
  templateOf,
  temporaryDir,
  writeAssembly,
  writeStacks,
} from '../support/assembly.ts';

const BASE: AssemblyFixture = {
  functions: {
    Echo: { code: 'export const handler = async () => ({});', properties: { Timeout: 7, MemorySize: 256 } },
  },
  routes: { 'GET /echo': { function: 'Echo', timeoutMs: 8000 } },
};

function read(fixture: AssemblyFixture) {
  return readGateway(readCloudAssembly(writeAssembly({ ...BASE, ...fixture })));
}

test('a function comes with its settings, defaults where the template has none', () => {
  const { functions } = read({
    functions: {
      ...BASE.functions,
      Plain: { code: 'export const handler = 1;', environment: { REGION: { Ref: 'AWS::Region' } } },
    },
    routes: { ...BASE.routes, 'GET /plain': { function: 'Plain' } },
  });
  expect(functions.get('Gateway-Echo')).toMatchObject({ timeoutMs: 7000, memoryMb: 256, handler: 'index.handler' });
  expect(functions.get('Gateway-Plain')).toMatchObject({
    timeoutMs: 3000,
    memoryMb: 128,
    environment: { REGION: 'us-east-1' },
  });
});

test('a route knows its function and how long its integration may take', () => {
  expect(read({}).api.routes).toEqual([
    {
      routeKey: 'GET /echo',
      functionName: 'Gateway-Echo',
      integrationTimeoutMs: 8000,
      responseParameters: {},
      authorizer: null,
    },
  ]);
});

function mapping(Destination: string, Source: string) {
  return {
    'GET /echo': { function: 'Echo', responseParameters: { 401: { ResponseParameters: [{ Destination, Source }] } } },
  };
}

test('a route knows what its integration changes in answers, by status', () => {
  const routes = mapping('overwrite:header.WWW-Authenticate', '$response.header.X-Challenge');
  expect(read({ routes }).api.routes[0]?.responseParameters).toEqual({
    401: [{ destination: 'www-authenticate', source: 'x-challenge' }],
  });
});

test.each([
  ['a header that AWS reserves is written', 'overwrite:header.Connection', '$response.header.x-challenge'],
  ['a header of a family that AWS reserves is read', 'overwrite:header.a', '$response.header.x-amzn-remapped-date'],
  ['the status is changed', 'overwrite:statuscode', '204'],
  ['a header is removed', 'remove:header.a', "''"],
])('an integration by which %s is refused', (_, destination, source) => {
  expect(() => read({ routes: mapping(destination, source) })).toThrow(
    `Integration0 in Gateway maps ${source} to ${destination}: the local run does not know that`,
  );
});

test('a function that nothing reaches need not be able to run here', () => {
  const python = { code: '', properties: { Runtime: 'python3.13' } };
  expect([...read({ functions: { ...BASE.functions, Custom: python } }).functions.keys()]).toEqual(['Gateway-Echo']);
});

test('a table keeps its key schema and leaves out what is only for AWS', () => {
  expect(read({ resources: { Table: TABLE_RESOURCE } }).tables).toEqual([
    {
      TableName: 'Gateway-Table',
      KeySchema: TABLE_RESOURCE.Properties.KeySchema,
      AttributeDefinitions: TABLE_RESOURCE.Properties.AttributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
    },
  ]);
});

test('what has no meaning here is listed with the reason', () => {
  const { ignored } = read({ resources: { Vpc: { Type: 'AWS::EC2::VPC' }, Role: { Type: 'AWS::IAM::Role' } } });
  expect(Object.fromEntries(ignored)).toMatchObject({ 'AWS::EC2::*': 'functions run on this machine' });
});

test('resources of other stacks are found through exports', () => {
  const dir = temporaryDir();
  const gateway = templateOf(
    {
      ...BASE,
      functions: {
        Echo: { code: 'export const handler = 1;', environment: { TABLE: { 'Fn::ImportValue': 'Base:Table' } } },
      },
    },
    dir,
  );
  const base = {
    Resources: { Table: TABLE_RESOURCE },
    Outputs: { Out: { Value: { Ref: 'Table' }, Export: { Name: 'Base:Table' } } },
  };
  const model = readGateway(readCloudAssembly(writeStacks({ Base: base, Gateway: gateway }, dir)));
  expect(model.functions.get('Gateway-Echo')?.environment).toEqual({ TABLE: 'Base-Table' });
  expect(model.tables[0]?.TableName).toBe('Base-Table');
});

const METRIC = { Namespace: 'N', MetricName: 'M', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1 };
const ALARM = { ...METRIC, ComparisonOperator: 'GreaterThanThreshold' };
const integration = (properties: object) => ({
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: { IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0', ...properties },
});
const authorizer = (properties: object) => ({
  Type: 'AWS::ApiGatewayV2::Authorizer',
  Properties: { AuthorizerType: 'REQUEST', AuthorizerPayloadFormatVersion: '2.0', ...properties },
});

test.each<readonly [string, AssemblyFixture, string]>([
  [
    'a resource type that it does not know',
    { resources: { Stream: { Type: 'AWS::Kinesis::Stream', Metadata: { 'aws:cdk:path': 'App/Stream' } } } },
    'App/Stream (Stream in Gateway) is a AWS::Kinesis::Stream: the local run does not know that',
  ],
  [
    'an integration that it cannot serve',
    { resources: { Proxy: integration({ IntegrationType: 'HTTP_PROXY' }) } },
    'Proxy in Gateway is an integration of type HTTP_PROXY',
  ],
  [
    'a mapping of parameters',
    { resources: { Map: integration({ RequestParameters: { 'overwrite:path': '/' } }) } },
    'sets RequestParameters',
  ],
  [
    'a JWT authorizer',
    { resources: { Jwt: authorizer({ AuthorizerType: 'JWT' }) } },
    'Jwt in Gateway is an authorizer of type JWT',
  ],
  [
    'an authorizer that answers with policies',
    { resources: { Iam: authorizer({}) } },
    'Iam in Gateway answers with IAM policies',
  ],
  ['a stage with a name', { stage: { StageName: 'prod' } }, 'Stage in Gateway is named prod'],
  [
    'a second API',
    { resources: { Other: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } } } },
    'Other in Gateway is a second HTTP API',
  ],
  [
    'a function in another language',
    { functions: { Echo: { code: '', properties: { Runtime: 'python3.13' } } } },
    'Echo in Gateway runs on python3.13',
  ],
  [
    'layers',
    { functions: { Echo: { code: '', properties: { Layers: ['arn:layer'] } } } },
    'Echo in Gateway sets Layers',
  ],
  [
    'an alarm over a statistic',
    { resources: { A: alarmResource({ ...ALARM, Statistic: 'TM(10%:90%)' }) } },
    'A in Gateway uses the statistic TM(10%:90%)',
  ],
  [
    'an alarm over an expression',
    { resources: { A: alarmResource({ ...ALARM, Metrics: [{ Id: 'e1', Expression: "SEARCH('x', 'Sum')" }] }) } },
    'A in Gateway has the expression SEARCH',
  ],
])('%s is an error that names the resource', (_, fixture, message) => {
  expect(() => read(fixture)).toThrow(message);
});
