import type { DocumentName } from '../../lambdas/contract/documents.ts';
import type { CorsConfiguration } from '../http/cors-headers.ts';
import type { ResponseParameters } from '../http/response-parameters.ts';
import type { AlarmModel } from '../metrics/alarm-model.ts';

/** JSON of the documents beside a function's code, with the values of its variables filled in. */
export type FunctionDocuments = Readonly<Partial<Record<DocumentName, string>>>;

/** A function of the template, ready to run. */
export interface FunctionModel {
  readonly name: string;
  readonly arn: string;
  /** Short, for log lines: `authorizer`. */
  readonly label: string;
  readonly region: string;
  /** Absolute path of the unpacked bundle. Its name holds the bundle's hash. */
  readonly codeDir: string;
  /** `index.handler` */
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly documents: FunctionDocuments;
  /** How many instances may run at once; null: no limit. */
  readonly reservedConcurrency: number | null;
}

export interface AuthorizerModel {
  readonly id: string;
  readonly functionName: string;
  /** `$request.header.Authorization`, `$context.routeKey`, … */
  readonly identitySources: readonly string[];
  readonly ttlMs: number;
}

export interface RouteModel {
  /** `ANY /api/users/{proxy+}` or `$default` */
  readonly routeKey: string;
  readonly functionName: string;
  readonly integrationTimeoutMs: number;
  /** Changes that the integration makes to the function's answers. */
  readonly responseParameters: ResponseParameters;
  readonly authorizer: AuthorizerModel | null;
}

export interface Throttle {
  readonly ratePerSecond: number;
  readonly burst: number;
}

export interface StageModel {
  readonly name: string;
  readonly throttle: Throttle | null;
  readonly routeThrottles: Readonly<Record<string, Throttle>>;
  readonly variables: Readonly<Record<string, string>>;
}

export interface ApiModel {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly cors: CorsConfiguration | null;
  readonly stage: StageModel;
  readonly routes: readonly RouteModel[];
}

/** A table in the form of DynamoDB's CreateTable call. */
export interface TableModel {
  readonly TableName: string;
  readonly KeySchema: readonly object[];
  readonly AttributeDefinitions: readonly object[];
  readonly BillingMode: 'PAY_PER_REQUEST';
  readonly GlobalSecondaryIndexes?: readonly object[];
  readonly LocalSecondaryIndexes?: readonly object[];
}

/** A dashboard and its custom widgets. */
export interface DashboardModel {
  readonly name: string;
  readonly account: string;
  readonly widgets: readonly WidgetModel[];
}

/** A custom widget shows the answer of its function. */
export interface WidgetModel {
  /** Unique within the dashboard. */
  readonly id: string;
  /** ARN of its function; another app may own the function. */
  readonly endpoint: string;
  readonly title: string;
  /** Parameters of the call. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Width; a dashboard has 24 columns. */
  readonly columns: number;
  readonly rows: number;
}

/** Everything in an assembly that the local run serves. */
export interface GatewayModel {
  readonly api: ApiModel;
  readonly functions: ReadonlyMap<string, FunctionModel>;
  /** Names of the functions that operators invoke. */
  readonly operators: readonly string[];
  readonly tables: readonly TableModel[];
  readonly alarms: readonly AlarmModel[];
  readonly dashboards: readonly DashboardModel[];
  /** Resource types, or families, that the local run does not serve, with the reason. */
  readonly ignored: ReadonlyMap<string, string>;
}
