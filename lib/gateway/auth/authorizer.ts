import { Duration } from 'aws-cdk-lib';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LAST_USED_ATTRIBUTE } from '../../../lambdas/contract/auth/api-key.ts';
import { AUTHORIZATION, type AuthPolicy, credentialSource } from '../../../lambdas/contract/auth/auth-policy.ts';
import type { AuthorizerConfig } from '../../../lambdas/contract/auth/authorizer-config.ts';
import { type IdentityHeaders, isIdentityField } from '../../../lambdas/contract/auth/identity-headers.ts';
import { Env } from '../../../lambdas/contract/environment.ts';
import { jwksPartition, keysPartition, revocationsPartition } from '../../../lambdas/contract/table.ts';
import type { Foundation } from '../../foundation/foundation.ts';
import { InvalidPropError } from '../../invalid-prop.ts';
import { grantAttribute, grantPartitions } from '../functions/grant-partitions.ts';
import { createFunction } from '../functions/node-function.ts';
import { AuthPolicies } from './auth-policies.ts';
import { checkCredentialApart } from './identity-headers.ts';

/** Most authorizers of an API: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_AUTHORIZERS = 10;

export interface AuthorizerProps {
  readonly config: Pick<AuthorizerConfig, 'gateway' | 'rejections' | 'issuers'>;
  /** The facts about the caller that verdicts must hold. */
  readonly identityHeaders: IdentityHeaders;
  /** How long API Gateway keeps a verdict; none at all: it asks for each request. */
  readonly verdictCache: Duration;
  readonly table: Foundation['table'];
  readonly logRetention: RetentionDays;
}

/**
 * Finds out about a request's credentials: one function, and as many authorizers of the API as there are places where
 * credentials are looked for. Outside the VPC, since it fetches the issuers' keys.
 */
export class Authorizer extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly #props: AuthorizerProps;
  readonly #policies = new AuthPolicies();
  /** By their construct ids. */
  readonly #authorizers = new Map<string, HttpLambdaAuthorizer>();
  #readsApiKeys = false;

  constructor(scope: Construct, id: string, props: AuthorizerProps) {
    super(scope, id);
    this.#props = props;
    const { fn, logGroup } = createFunction(this, 'AuthorizerFunction', {
      entry: 'authorizer',
      description: 'Tollgate: verifies credentials',
      environment: { [Env.table]: props.table.tableName },
      documents: () => ({ authorizer: this.config() }),
      memorySize: 512,
      // API Gateway waits 10 s for an authorizer.
      timeout: Duration.seconds(10),
      logRetention: props.logRetention,
    });
    this.fn = fn;
    this.logGroup = logGroup;
    const { gateway } = props.config;
    grantPartitions(fn, props.table, [jwksPartition(gateway), revocationsPartition(gateway)], ['dynamodb:GetItem']);
    grantPartitions(fn, props.table, jwksPartition(gateway), ['dynamodb:PutItem']);
  }

  /** Tells the function who may call a service's default routes. */
  addService(prefix: string, policy: AuthPolicy): void {
    this.#policies.addService(prefix, policy);
    this.admit(policy);
  }

  /** Tells the function who may call a route. */
  addRoute(routeKey: string, policy: AuthPolicy, service: AuthPolicy): void {
    this.#policies.addRoute(routeKey, policy, service);
    this.admit(policy);
  }

  /** The authorizer of a route with this policy; undefined for a route without credentials. */
  httpFor(policy: AuthPolicy): HttpLambdaAuthorizer | undefined {
    if (policy.type === 'none') return undefined;
    const { headers, cacheable } = credentialSource(policy);
    const [header] = headers;
    const cached = cacheable && this.#props.verdictCache.toSeconds() > 0;
    if (!cached || header === undefined) return this.authorizer('UncachedAuthorizer', [], Duration.seconds(0));
    const [id, name] = header === AUTHORIZATION ? ['Authorizer', 'Authorization'] : [`Authorizer-${header}`, header];
    // The results of all routes share one cache: without the route key, what one route allowed would answer for another.
    return this.authorizer(id, [`$request.header.${name}`, '$context.routeKey'], this.#props.verdictCache);
  }

  private authorizer(id: string, identitySource: string[], resultsCacheTtl: Duration): HttpLambdaAuthorizer {
    const made = this.#authorizers.get(id);
    if (made !== undefined) return made;
    if (this.#authorizers.size >= MAX_AUTHORIZERS) {
      throw new InvalidPropError(
        `an API must have at most ${MAX_AUTHORIZERS} authorizers, got one more for ${identitySource[0] ?? 'routes whose verdicts are not kept'}: let API keys travel in fewer headers, or in Authorization: Bearer`,
      );
    }
    const authorizer = new HttpLambdaAuthorizer(id, this.fn, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource,
      resultsCacheTtl,
    });
    this.#authorizers.set(id, authorizer);
    return authorizer;
  }

  private admit(policy: AuthPolicy): void {
    checkCredentialApart(policy, this.#props.identityHeaders);
    if (policy.type !== 'none' && policy.accepts.some(({ kind }) => kind === 'apiKey')) this.readApiKeys();
  }

  private readApiKeys(): void {
    if (this.#readsApiKeys) return;
    this.#readsApiKeys = true;
    const partition = keysPartition(this.#props.config.gateway);
    grantPartitions(this.fn, this.#props.table, partition, ['dynamodb:GetItem']);
    grantAttribute(this.fn, this.#props.table, partition, LAST_USED_ATTRIBUTE);
  }

  private config(): AuthorizerConfig {
    const { config, identityHeaders } = this.#props;
    const sent = Object.values(identityHeaders).filter((source) => !isIdentityField(source));
    const claims = [...new Set([...this.#policies.claims, ...sent])].sort();
    return { ...config, claims, ...this.#policies.document };
  }
}
