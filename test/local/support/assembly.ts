import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type DocumentName, documentFile } from '../../../lambdas/contract/documents.ts';
import { documentJson } from '../../support/documents.ts';

/** A function of a test's assembly: the source of its bundle, and what its resource says. */
export interface FunctionFixture {
  readonly code: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly documents?: Readonly<Partial<Record<DocumentName, object>>>;
}

export interface RouteFixture {
  readonly function: string;
  readonly authorized?: boolean;
  readonly timeoutMs?: number;
  /** In the form of the template. */
  readonly responseParameters?: object;
}

export interface AssemblyFixture {
  readonly functions?: Readonly<Record<string, FunctionFixture>>;
  /** By route key. */
  readonly routes?: Readonly<Record<string, RouteFixture>>;
  /** Name of the function that is the authorizer. */
  readonly authorizer?: { readonly function: string; readonly properties?: Readonly<Record<string, unknown>> };
  readonly api?: Readonly<Record<string, unknown>>;
  readonly stage?: Readonly<Record<string, unknown>>;
  readonly resources?: Readonly<Record<string, unknown>>;
  /** Sections of the template beside its resources. */
  readonly sections?: Readonly<Record<string, unknown>>;
}

/** A directory of the running test's own. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes a cloud assembly with one stack and gives its directory. */
export function writeAssembly(fixture: AssemblyFixture, dir = temporaryDir()): string {
  return writeStacks({ Gateway: templateOf(fixture, dir) }, dir);
}

/** Writes a cloud assembly of these templates; its assets must be in the directory already. */
export function writeStacks(templates: Readonly<Record<string, object>>, dir = temporaryDir()): string {
  const artifacts = Object.entries(templates).flatMap(([name, template]) => {
    write(dir, `${name}.template.json`, template);
    const assets = [[`${name}.assets`, { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } }]] as const;
    const stack = { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region' };
    return [...assets, [name, { ...stack, properties: { templateFile: `${name}.template.json` } }] as const];
  });
  write(dir, 'manifest.json', { version: '50.0.0', artifacts: Object.fromEntries(artifacts) });
  return dir;
}

export function templateOf(fixture: AssemblyFixture, dir: string): object {
  const { functions = {}, routes = {}, authorizer, api, stage, resources, sections } = fixture;
  const keys = Object.fromEntries(Object.entries(functions).map(([name, one]) => [name, writeBundle(dir, one)]));
  write(dir, 'assets.json', { files: Object.fromEntries(Object.values(keys).map((hash) => [hash, assetOf(hash)])) });
  return {
    Resources: {
      ...mapValues(functions, (one, name) => functionResource(one, keys[name] ?? '')),
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'test', ProtocolType: 'HTTP', ...api } },
      Stage: stageResource(stage),
      ...(authorizer && { Authorizer: authorizerResource(authorizer) }),
      ...routeResources(routes),
      ...resources,
    },
    ...sections,
  };
}

/** An alarm in the form of its resource, acting on a function. */
export function alarmResource(properties: Readonly<Record<string, unknown>>, action?: string): object {
  const actions = action && { AlarmActions: [{ 'Fn::GetAtt': [action, 'Arn'] }] };
  return { Type: 'AWS::CloudWatch::Alarm', Properties: { ...actions, ...properties } };
}

export const TABLE_RESOURCE = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  },
};

function writeBundle(dir: string, { code, documents = {} }: FunctionFixture): string {
  const text = JSON.stringify(documents);
  const hash = createHash('sha256').update(code).update(text).digest('hex').slice(0, 16);
  mkdirSync(join(dir, `asset.${hash}`), { recursive: true });
  writeFileSync(join(dir, `asset.${hash}`, 'index.mjs'), code);
  for (const [name, document] of Object.entries(documents)) {
    writeFileSync(join(dir, `asset.${hash}`, documentFile(name as DocumentName)), documentJson(document));
  }
  return hash;
}

function assetOf(hash: string): object {
  return {
    source: { path: `asset.${hash}`, packaging: 'zip' },
    destinations: { current: { objectKey: `${hash}.zip` } },
  };
}

function functionResource({ properties, environment }: FunctionFixture, hash: string): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: { 'Fn::Sub': 'cdk-assets' }, S3Key: `${hash}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      ...(environment && { Environment: { Variables: environment } }),
      ...properties,
    },
  };
}

function stageResource(properties: Readonly<Record<string, unknown>> = {}): object {
  return {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...properties },
  };
}

function authorizerResource({ function: name, properties }: NonNullable<AssemblyFixture['authorizer']>): object {
  const invocation = [
    ['arn:', { Ref: 'AWS::Partition' }, ':apigateway:', { Ref: 'AWS::Region' }, ':lambda:path/2015-03-31/functions/'],
    [{ 'Fn::GetAtt': [name, 'Arn'] }, '/invocations'],
  ].flat();
  return {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: { Ref: 'Api' },
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: ['$request.header.Authorization', '$context.routeKey'],
      AuthorizerUri: { 'Fn::Join': ['', invocation] },
      ...properties,
    },
  };
}

function routeResources(routes: Readonly<Record<string, RouteFixture>>): Record<string, object> {
  const pairs = Object.entries(routes).flatMap(([routeKey, route], index) => {
    const integration = `Integration${index}`;
    return [
      [integration, integrationResource(route)],
      [`Route${index}`, routeResource(routeKey, integration, route)],
    ] as const;
  });
  return Object.fromEntries(pairs);
}

function integrationResource({ function: name, timeoutMs, responseParameters }: RouteFixture): object {
  return {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': [name, 'Arn'] },
      PayloadFormatVersion: '2.0',
      ...(timeoutMs !== undefined && { TimeoutInMillis: timeoutMs }),
      ...(responseParameters && { ResponseParameters: responseParameters }),
    },
  };
}

function routeResource(RouteKey: string, integration: string, { authorized }: RouteFixture): object {
  const authorization = authorized
    ? { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } }
    : { AuthorizationType: 'NONE' };
  const Target = { 'Fn::Join': ['', ['integrations/', { Ref: integration }]] };
  return {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: { ApiId: { Ref: 'Api' }, RouteKey, Target, ...authorization },
  };
}

function write(dir: string, name: string, value: object): void {
  writeFileSync(join(dir, name), JSON.stringify(value));
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  f: (value: T, name: string) => object,
): Record<string, object> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
}
