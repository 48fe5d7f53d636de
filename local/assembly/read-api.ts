import type { CorsConfiguration } from '../http/cors-headers.ts';
import { knowsIdentitySource } from '../http/identity-source.ts';
import {
  parseResponseParameter,
  type ResponseParameter,
  type ResponseParameters,
} from '../http/response-parameters.ts';
import { UserError } from '../user-error.ts';
import type { Found } from './find-resources.ts';
import type { ApiModel, AuthorizerModel, RouteModel, StageModel, Throttle } from './model.ts';
import { functionNameIn } from './physical.ts';
import type { Properties } from './properties.ts';

/** The longest that an HTTP API waits for an integration, and its default. */
const INTEGRATION_TIMEOUT_MS = 30_000;

interface IntegrationModel {
  readonly functionName: string;
  readonly timeoutMs: number;
  readonly responseParameters: ResponseParameters;
}

export function readApi(resources: readonly Found[]): ApiModel {
  const ofType = (type: string) => resources.filter((found) => found.type === `AWS::ApiGatewayV2::${type}`);
  const [api, second] = ofType('Api');
  if (!api) throw new UserError('api_missing', 'the assembly has no HTTP API (AWS::ApiGatewayV2::Api)');
  if (second) throw second.properties.fault('is a second HTTP API');
  const { properties } = api;
  if (properties.text('ProtocolType') !== 'HTTP') throw properties.fault(`speaks ${properties.text('ProtocolType')}`);
  for (const name of ['Body', 'BodyS3Location', 'Target', 'RouteKey']) properties.refuse(name);
  const integrations = new Map(ofType('Integration').map((found) => [found.ref, readIntegration(found)]));
  const authorizers = new Map(ofType('Authorizer').map((found) => [found.ref, readAuthorizer(found)]));
  return {
    id: api.ref,
    name: properties.text('Name'),
    account: api.place.stack.account,
    region: api.place.stack.region,
    cors: readCors(properties.object('CorsConfiguration')),
    stage: readStage(ofType('Stage'), api),
    routes: ofType('Route').map((found) => readRoute(found, integrations, authorizers)),
  };
}

function readIntegration({ properties }: Found): IntegrationModel {
  const type = properties.text('IntegrationType');
  if (type !== 'AWS_PROXY') throw properties.fault(`is an integration of type ${type}`);
  for (const name of ['IntegrationSubtype', 'RequestParameters', 'CredentialsArn']) properties.refuse(name);
  if (properties.text('PayloadFormatVersion') !== '2.0') throw properties.fault('has a payload format other than 2.0');
  return {
    functionName: functionOf(properties, 'IntegrationUri'),
    timeoutMs: properties.number('TimeoutInMillis') ?? INTEGRATION_TIMEOUT_MS,
    responseParameters: readResponseParameters(properties),
  };
}

function readResponseParameters(properties: Properties): ResponseParameters {
  const byStatus = properties.object('ResponseParameters');
  return Object.fromEntries(
    Object.keys(properties.record('ResponseParameters')).map((status) => {
      const list = byStatus?.object(status)?.items('ResponseParameters') ?? [];
      return [status, list.map(readResponseParameter)];
    }),
  );
}

function readResponseParameter(item: Properties): ResponseParameter {
  const [destination, source] = [item.text('Destination'), item.text('Source')];
  const parameter = parseResponseParameter(destination, source);
  if (!parameter) throw item.fault(`maps ${source} to ${destination}`);
  return parameter;
}

function readAuthorizer({ properties, ref }: Found): AuthorizerModel {
  const type = properties.text('AuthorizerType');
  if (type !== 'REQUEST') throw properties.fault(`is an authorizer of type ${type}`);
  if (properties.optionalText('AuthorizerPayloadFormatVersion') !== '2.0') {
    throw properties.fault('has a payload format other than 2.0');
  }
  if (String(properties.get('EnableSimpleResponses')) !== 'true') throw properties.fault('answers with IAM policies');
  const unknown = properties.texts('IdentitySource').find((source) => !knowsIdentitySource(source));
  if (unknown !== undefined) throw properties.fault(`has the identity source ${unknown}`);
  const identitySources = properties.texts('IdentitySource');
  const ttlS = properties.number('AuthorizerResultTtlInSeconds') ?? 0;
  if (ttlS > 0 && identitySources.length === 0) throw properties.fault('keeps answers without an identity source');
  return { id: ref, functionName: functionOf(properties, 'AuthorizerUri'), identitySources, ttlMs: ttlS * 1000 };
}

function readRoute(
  { properties }: Found,
  integrations: ReadonlyMap<string, IntegrationModel>,
  authorizers: ReadonlyMap<string, AuthorizerModel>,
): RouteModel {
  const integration = integrations.get(properties.text('Target').replace(/^integrations\//, ''));
  if (!integration) throw properties.fault(`has the target ${properties.text('Target')}`);
  return {
    routeKey: properties.text('RouteKey'),
    functionName: integration.functionName,
    integrationTimeoutMs: integration.timeoutMs,
    responseParameters: integration.responseParameters,
    authorizer: authorizerOf(properties, authorizers),
  };
}

function authorizerOf(
  properties: Properties,
  authorizers: ReadonlyMap<string, AuthorizerModel>,
): AuthorizerModel | null {
  const type = properties.optionalText('AuthorizationType') ?? 'NONE';
  if (type === 'NONE') return null;
  if (type !== 'CUSTOM') throw properties.fault(`has the authorization type ${type}`);
  const authorizer = authorizers.get(properties.text('AuthorizerId'));
  if (!authorizer) throw properties.fault(`has the authorizer ${properties.text('AuthorizerId')}`);
  return authorizer;
}

function readStage(stages: readonly Found[], api: Found): StageModel {
  const [stage, second] = stages;
  if (!stage) throw api.properties.fault('has no stage');
  if (second) throw second.properties.fault('is a second stage');
  const { properties } = stage;
  // A stage with a name of its own becomes the first segment of every path.
  if (properties.text('StageName') !== '$default') throw properties.fault(`is named ${properties.text('StageName')}`);
  const routeSettings = Object.entries(properties.record('RouteSettings')).flatMap(([routeKey, settings]) => {
    const throttle = readThrottle(settings as Readonly<Record<string, unknown>>);
    return throttle ? [[routeKey, throttle] as const] : [];
  });
  return {
    name: '$default',
    throttle: readThrottle(properties.record('DefaultRouteSettings')),
    routeThrottles: Object.fromEntries(routeSettings),
    variables: properties.record('StageVariables') as Readonly<Record<string, string>>,
  };
}

function readThrottle(settings: Readonly<Record<string, unknown>>): Throttle | null {
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = settings;
  return rate === undefined || burst === undefined ? null : { ratePerSecond: Number(rate), burst: Number(burst) };
}

function readCors(cors: Properties | undefined): CorsConfiguration | null {
  if (!cors) return null;
  return {
    allowOrigins: cors.texts('AllowOrigins'),
    allowMethods: cors.texts('AllowMethods'),
    allowHeaders: cors.texts('AllowHeaders'),
    exposeHeaders: cors.texts('ExposeHeaders'),
    allowCredentials: String(cors.get('AllowCredentials')) === 'true',
    maxAgeS: cors.number('MaxAge') ?? null,
  };
}

function functionOf(properties: Properties, name: string): string {
  const functionName = functionNameIn(properties.text(name));
  if (functionName === undefined) throw properties.fault(`has the ${name} ${properties.text(name)}`);
  return functionName;
}
