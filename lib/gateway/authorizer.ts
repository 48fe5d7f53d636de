import { Duration } from 'aws-cdk-lib';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { AuthorizerConfig } from '../../lambdas/contract/authorizer-config.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import { checkEnvironmentSize, environmentJson } from './function-environment.ts';
import { createFunction } from './node-function.ts';

export interface AuthorizerProps {
  readonly config: AuthorizerConfig;
  readonly logRetention: RetentionDays;
}

/** Finds out about a request's credentials. Outside the VPC, since it fetches the issuers' keys. */
export class Authorizer extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  /** For each route that needs a token. */
  readonly http: HttpLambdaAuthorizer;

  constructor(scope: Construct, id: string, props: AuthorizerProps) {
    super(scope, id);
    const environment = { [Env.authorizer]: environmentJson(this, props.config) };
    checkEnvironmentSize(this, environment, 'give fewer issuers or audiences');
    const { fn, logGroup } = createFunction(this, 'AuthorizerFunction', {
      entry: 'authorizer',
      description: 'Tollgate: verifies bearer tokens',
      environment,
      memorySize: 512,
      // API Gateway waits 10 s for an authorizer.
      timeout: Duration.seconds(10),
      logRetention: props.logRetention,
    });
    this.fn = fn;
    this.logGroup = logGroup;
    this.http = new HttpLambdaAuthorizer('Authorizer', fn, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // The results of all routes share one cache: without the route key, what one route allowed would answer for
      // another.
      identitySource: ['$request.header.Authorization', '$context.routeKey'],
      // A cached verdict outlives the expiry and the revocation of its token by this much.
      resultsCacheTtl: Duration.seconds(60),
    });
  }
}
