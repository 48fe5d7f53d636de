import { RemovalPolicy } from 'aws-cdk-lib';
import { type HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ACCESS_LOG_FORMAT } from './access-log.ts';
import type { GatewayDomain } from './domain.ts';

export interface StageProps {
  readonly httpApi: HttpApi;
  readonly logRetention: RetentionDays;
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number };
  readonly domain?: GatewayDomain;
}

/** The stage `$default`: paths have no stage in front, and each deployment is live at once. */
export class Stage extends Construct {
  readonly stage: HttpStage;
  readonly accessLog: LogGroup;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    this.accessLog = new LogGroup(this, 'AccessLog', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.stage = new HttpStage(this, 'Default', {
      httpApi: props.httpApi,
      stageName: '$default',
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: props.throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(this.accessLog), format: ACCESS_LOG_FORMAT },
      ...(props.domain && { domainMapping: { domainName: props.domain.domainName } }),
    });
  }
}
