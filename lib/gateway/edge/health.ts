import { Duration } from 'aws-cdk-lib';
import { type HttpApi, HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createFunction } from '../functions/node-function.ts';
import { HEALTH_PATH } from '../props/prefix.ts';
import { acknowledgePublicRoute } from './public-route.ts';
import { SharedIntegration } from './shared-integration.ts';

export interface HealthProps {
  readonly httpApi: HttpApi;
  readonly logRetention: RetentionDays;
}

/** `GET /health`, past auth and limits. */
export class Health extends Construct {
  readonly fn: LambdaFunction;
  readonly logGroup: LogGroup;
  /** Answers 200 to whatever is sent to it. */
  readonly integration: SharedIntegration;

  constructor(scope: Construct, id: string, props: HealthProps) {
    super(scope, id);
    const { fn, logGroup } = createFunction(this, 'HealthFunction', {
      entry: 'health',
      description: 'Tollgate: health of the edge',
      environment: {},
      memorySize: 128,
      timeout: Duration.seconds(3),
      logRetention: props.logRetention,
    });
    this.fn = fn;
    this.logGroup = logGroup;
    this.integration = new SharedIntegration('Integration', fn);
    const route = new HttpRoute(this, 'Route', {
      httpApi: props.httpApi,
      routeKey: HttpRouteKey.with(HEALTH_PATH, HttpMethod.GET),
      integration: this.integration,
    });
    acknowledgePublicRoute(route, 'Load balancers and monitors ask for it without credentials; it reveals nothing.');
  }
}
