import { Duration } from 'aws-cdk-lib';
import {
  Metric as CloudWatchMetric,
  GraphWidget,
  type IWidget,
  Row,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Metric, type MetricName, SERVICE_DIMENSION } from '../../../lambdas/contract/metrics.ts';

/** The rows of one service. The upstream's latency and the gateway's own have separate graphs. */
export function serviceWidgets(namespace: string, service: string): IWidget[] {
  const metric = (metricName: MetricName, statistic: string, label: string) =>
    new CloudWatchMetric({
      namespace,
      metricName,
      dimensionsMap: { [SERVICE_DIMENSION]: service },
      statistic,
      label,
      period: Duration.minutes(1),
    });
  const percentiles = (metricName: MetricName) =>
    [50, 95, 99].map((share) => metric(metricName, Stats.percentile(share), `p${share}`));
  const milliseconds = { label: 'ms', showUnits: false, min: 0 };
  return [
    new TextWidget({ markdown: `## ${service}`, width: 24, height: 1 }),
    new Row(
      new GraphWidget({
        title: `${service}: requests`,
        left: [
          metric(Metric.requests, Stats.SUM, 'Requests'),
          metric(Metric.failures, Stats.SUM, 'Failures'),
          metric(Metric.retries, Stats.SUM, 'Retries'),
        ],
        width: 4,
      }),
      new GraphWidget({
        title: `${service}: upstream latency`,
        left: percentiles(Metric.upstreamLatency),
        leftYAxis: milliseconds,
        width: 4,
      }),
      new GraphWidget({
        title: `${service}: gateway overhead`,
        left: percentiles(Metric.overhead),
        leftYAxis: milliseconds,
        width: 4,
      }),
      new GraphWidget({
        title: `${service}: turned away`,
        left: [
          metric(Metric.rateLimited, Stats.SUM, 'Rate limited'),
          metric(Metric.revoked, Stats.SUM, 'Revoked'),
          metric(Metric.authRejected, Stats.SUM, 'Credentials rejected'),
          metric(Metric.circuitRejected, Stats.SUM, 'Circuit open'),
        ],
        width: 4,
      }),
      new GraphWidget({
        title: `${service}: limits`,
        left: [
          metric(Metric.shadowLimited, Stats.SUM, 'In shadow'),
          metric(Metric.countedLocally, Stats.SUM, 'Counted locally'),
          metric(Metric.failedOpen, Stats.SUM, 'Let through uncounted'),
          metric(Metric.failedClosed, Stats.SUM, 'Refused uncounted'),
          metric(Metric.storeLost, Stats.SUM, 'Redis lost'),
        ],
        width: 4,
      }),
      new GraphWidget({
        title: `${service}: circuit`,
        left: [
          metric(Metric.circuitOpened, Stats.SUM, 'Opened'),
          metric(Metric.circuitHalfOpened, Stats.SUM, 'Half-open'),
          metric(Metric.circuitClosed, Stats.SUM, 'Closed'),
          metric(Metric.shadowRejected, Stats.SUM, 'In shadow'),
          metric(Metric.storeErrors, Stats.SUM, 'Store errors'),
        ],
        width: 4,
      }),
    ),
  ];
}
