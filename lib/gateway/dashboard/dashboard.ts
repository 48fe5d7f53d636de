import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  CfnDashboard,
  Column,
  CustomWidget,
  GraphWidget,
  type IWidget,
  Row,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FoundationCache } from '../../foundation/foundation.ts';
import { cacheUnits, cacheWidgets } from './dashboard-cache.ts';
import { costWidgets } from './dashboard-cost.ts';
import { serviceWidgets } from './dashboard-service.ts';
import type { BilledAlarm } from './idle-cost.ts';
import { writtenOnce } from './written-once.ts';

/**
 * Services that get graphs of their own. A dashboard holds 2,500 metrics and 500 widgets; 149 services, as many as an
 * API's 300 routes make, put about 450 metrics into each graph of the cost.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
export const DASHBOARD_SERVICES = 45;

/** Services whose functions and logs the cost counts: a graph holds 500 metrics. More fit where AWS raised the routes. */
export const PRICED_SERVICES = 149;

/** The parts of a service that the dashboard shows. */
export interface DashboardService {
  readonly name: string;
  readonly proxyFunction: IFunction;
  readonly logGroup: ILogGroup;
}

export interface GatewayDashboardProps {
  /** Its metrics alone: `HttpApi` is no `IHttpApi` to a compiler with `exactOptionalPropertyTypes`. */
  readonly httpApi: Pick<
    IHttpApi,
    | 'metricCount'
    | 'metricClientError'
    | 'metricServerError'
    | 'metricLatency'
    | 'metricIntegrationLatency'
    | 'metricDataProcessed'
  >;
  /** CloudWatch namespace of the gateway's own metrics. */
  readonly namespace: string;
  /** Called at synthesis, when the last service has been added. */
  readonly services: () => readonly DashboardService[];
  /** All of the gateway, part of the idle cost; called at synthesis. */
  readonly alarms: () => readonly BilledAlarm[];
  /** The function that shows the circuits. */
  readonly widgetFunction: IFunction;
  /** The other functions that are no service's: authorizer, circuit, operator, health. */
  readonly functions: readonly IFunction[];
  readonly cache: FoundationCache;
  /** The other log groups whose incoming bytes are part of the estimated cost. */
  readonly logGroups: readonly ILogGroup[];
  /** NAT gateways of the VPC, part of the idle cost. */
  readonly natGateways: number;
}

/**
 * One CloudWatch dashboard for the whole gateway: its circuits, estimated cost, the HTTP API, each service, the cache.
 *
 * The first 45 services have graphs of their own, and the cost counts the first 149. Notes name the further ones.
 */
export class GatewayDashboard extends Construct {
  /** Name that CloudFormation gives the dashboard. */
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: GatewayDashboardProps) {
    super(scope, id);
    // Dashboard.addWidgets wants the widgets at once; a lazy body is written after the last service was added.
    const dashboard = new CfnDashboard(this, 'Resource', {
      dashboardBody: writtenOnce(Lazy.string({ produce: () => Stack.of(this).toJsonString({ widgets: body(props) }) })),
    });
    this.dashboardName = dashboard.ref;
  }
}

function body(props: GatewayDashboardProps): unknown[] {
  const services = props.services();
  const priced = services.slice(0, PRICED_SERVICES);
  const column = new Column(
    circuitsWidget(props.widgetFunction),
    ...costWidgets({
      httpApi: props.httpApi,
      functions: [...props.functions, props.widgetFunction, ...priced.map((service) => service.proxyFunction)],
      logGroups: [...props.logGroups, ...priced.map((service) => service.logGroup)],
      cacheUnits: cacheUnits(props.cache),
      idleParts: {
        cache: props.cache,
        alarms: props.alarms(),
        natGateways: props.natGateways,
      },
    }),
    ...gatewayWidgets(props),
    ...services.slice(0, DASHBOARD_SERVICES).flatMap(({ name }) => serviceWidgets(props.namespace, name)),
    ...withoutGraphs(services.slice(DASHBOARD_SERVICES), props.namespace),
    ...unpriced(services.slice(PRICED_SERVICES)),
    ...cacheWidgets(props.cache),
  );
  column.position(0, 0);
  return column.toJson();
}

/** Stands on top: its buttons are what an outage is met with. */
function circuitsWidget({ functionArn }: IFunction): IWidget {
  return new CustomWidget({
    title: 'Circuits',
    functionArn,
    updateOnRefresh: true,
    // It shows the present state, at any size.
    updateOnResize: false,
    updateOnTimeRangeChange: false,
    width: 24,
    height: 9,
  });
}

/** Metrics of the HTTP API itself, with requests that reached no function. */
function gatewayWidgets({ httpApi, functions, widgetFunction }: GatewayDashboardProps): IWidget[] {
  const minute = { period: Duration.minutes(1) };
  const milliseconds = { label: 'ms', showUnits: false, min: 0 };
  const percentiles = [50, 95, 99].map((share) => ({
    ...minute,
    statistic: Stats.percentile(share),
    label: `p${share}`,
  }));
  return [
    new TextWidget({ markdown: '# Gateway', width: 24, height: 1 }),
    new Row(
      new GraphWidget({
        title: 'Requests',
        left: [
          httpApi.metricCount({ ...minute, statistic: Stats.SUM, label: 'Requests' }),
          httpApi.metricClientError({ ...minute, statistic: Stats.SUM, label: '4xx' }),
          httpApi.metricServerError({ ...minute, statistic: Stats.SUM, label: '5xx' }),
        ],
        width: 6,
      }),
      new GraphWidget({
        title: 'Latency at the edge',
        left: percentiles.map((options) => httpApi.metricLatency(options)),
        leftYAxis: milliseconds,
        width: 6,
      }),
      new GraphWidget({
        title: 'Integration latency',
        left: percentiles.map((options) => httpApi.metricIntegrationLatency(options)),
        leftYAxis: milliseconds,
        width: 6,
      }),
      new GraphWidget({
        title: 'Authorizer, circuit, operator, health and widget functions',
        left: [...functions, widgetFunction].flatMap((fn) => [
          fn.metricErrors({ ...minute, statistic: Stats.SUM, label: `${fn.node.id} errors` }),
          fn.metricThrottles({ ...minute, statistic: Stats.SUM, label: `${fn.node.id} throttles` }),
        ]),
        width: 6,
      }),
    ),
  ];
}

function withoutGraphs(services: readonly DashboardService[], namespace: string): IWidget[] {
  return note(
    services,
    (names) =>
      `Without graphs here, since a dashboard holds 2,500 metrics: ${names}. Their metrics are in the namespace ${namespace}.`,
  );
}

function unpriced(services: readonly DashboardService[]): IWidget[] {
  return note(services, (names) => `Not part of the estimated cost, since a graph holds 500 metrics: ${names}.`);
}

/** One line about services, where there are any. */
function note(services: readonly DashboardService[], text: (names: string) => string): IWidget[] {
  if (services.length === 0) return [];
  const names = services.map(({ name }) => name).join(', ');
  return [new TextWidget({ markdown: text(names), width: 24, height: 2 })];
}
