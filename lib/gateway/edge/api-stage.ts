import { Aws, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { type HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ACCESS_LOG_FORMAT } from './access-log.ts';
import type { GatewayDomain } from './domain.ts';

export interface StageProps {
  readonly gateway: string;
  readonly httpApi: HttpApi;
  readonly logRetention: RetentionDays;
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number };
  /** Whether API Gateway writes its metrics by route, too. */
  readonly routeMetrics: boolean;
  readonly domain?: GatewayDomain;
}

/** An id of the stack that no other stack has or will have: the last part of `arn:…:stack/NAME/ID`. */
const STACK_ID = Fn.select(2, Fn.split('/', Aws.STACK_ID));

/** The stage `$default`: paths have no stage in front, and each deployment is live at once. */
export class Stage extends Construct {
  readonly stage: HttpStage;
  readonly accessLog: LogGroup;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    this.accessLog = new LogGroup(this, 'AccessLog', {
      // Log groups of other names that API Gateway writes to are listed in one policy of the account, which ends at 5,120
      // characters. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      // The id lets a gateway be deployed anew, beside the log that a former one has left.
      logGroupName: `/aws/vendedlogs/tollgate/${props.gateway}/${STACK_ID}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.stage = new HttpStage(this, 'Default', {
      httpApi: props.httpApi,
      stageName: '$default',
      autoDeploy: true,
      detailedMetricsEnabled: props.routeMetrics,
      throttle: props.throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(this.accessLog), format: ACCESS_LOG_FORMAT },
      ...(props.domain && { domainMapping: { domainName: props.domain.domainName } }),
    });
  }
}
