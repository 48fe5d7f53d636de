import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IdentityHeaders } from '../../lambdas/contract/auth/identity-headers.ts';
import type { LimitPolicy } from '../../lambdas/contract/limits/limit-policy.ts';
import type { Foundation } from '../foundation/foundation.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { CircuitFunction } from './circuit/alarm-function.ts';
import type { Circuits } from './functions/circuits.ts';
import type { RouteTable } from './route-table.ts';

/** The parts of a gateway that its services use. */
export interface ServiceContext {
  readonly gateway: string;
  readonly namespace: string;
  readonly foundation: Foundation;
  readonly httpApi: HttpApi;
  readonly authorizer: Authorizer;
  readonly circuits: Circuits;
  readonly circuitFunction: CircuitFunction;
  /** Notified of the circuits' alarms. */
  readonly notify: IAlarmAction | undefined;
  readonly routes: RouteTable;
  /** Headers that name the caller to upstreams. */
  readonly identityHeaders: IdentityHeaders;
  /** The limit of refused credentials from one address. */
  readonly badCredentials: LimitPolicy | null;
  /** Limits of all services together. */
  readonly gatewayLimits: readonly LimitPolicy[];
  /** Whether answers report the client's limits. */
  readonly rateLimitHeaders: boolean;
  readonly cacheTimeoutMs: number;
  /** Answers the preflight requests of browsers; undefined without CORS. */
  readonly preflight: HttpLambdaIntegration | undefined;
  readonly logRetention: RetentionDays;
}
