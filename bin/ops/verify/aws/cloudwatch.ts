import { array, number, object, string, withDefault } from '../../../../lambdas/contract/decode.ts';
import type { AwsCall } from './aws-call.ts';

const MINUTE_MS = 60_000;
const PERIOD_S = 60;

export interface MetricQuery {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface FoundMetric {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface FoundAlarm {
  readonly state: string;
  /** Namespace of the alarm's first metric; '' where it has none. */
  readonly namespace: string;
}

export interface CloudWatch {
  /** The sum of each metric since then, in the order of the queries; 0 where CloudWatch has no value. */
  sums(queries: readonly MetricQuery[], fromMs: number, toMs: number): Promise<readonly number[]>;
  /** The metrics of that name that had values lately. */
  metrics(namespace: string, name: string): Promise<readonly FoundMetric[]>;
  /** Undefined: there is none of that name. */
  alarm(name: string): Promise<FoundAlarm | undefined>;
  setAlarm(name: string, state: 'ALARM' | 'OK', reason: string): Promise<void>;
}

const dimensions = array(object({ Name: string, Value: string }));
const metricData = object({ MetricDataResults: array(object({ Id: string, Values: withDefault(array(number), []) })) });
const metricList = object({
  Metrics: withDefault(array(object({ Namespace: string, Dimensions: withDefault(dimensions, []) })), []),
});
const metricStat = object({ Metric: object({ Namespace: withDefault(string, '') }) });
const noStat = { Metric: { Namespace: '' } };
const alarmList = object({
  MetricAlarms: withDefault(
    array(
      object({
        StateValue: string,
        Namespace: withDefault(string, ''),
        Metrics: withDefault(array(object({ MetricStat: withDefault(metricStat, noStat) })), []),
      }),
    ),
    [],
  ),
});
const nothing = (): void => undefined;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/ */
export function createCloudWatch(call: AwsCall): CloudWatch {
  return {
    sums: async (queries, fromMs, toMs) => {
      const input = {
        StartTime: (Math.floor(fromMs / MINUTE_MS) * MINUTE_MS) / 1000,
        EndTime: (Math.ceil(toMs / MINUTE_MS) * MINUTE_MS) / 1000,
        MetricDataQueries: queries.map((query, index) => ({
          Id: `m${index}`,
          MetricStat: { Metric: metricOf(query), Period: PERIOD_S, Stat: 'Sum' },
        })),
      };
      const { MetricDataResults } = await call('GetMetricData', input, metricData);
      return queries.map((_, index) => sumOf(MetricDataResults.find(({ Id }) => Id === `m${index}`)?.Values ?? []));
    },
    metrics: async (namespace, name) => {
      const input = { Namespace: namespace, MetricName: name, RecentlyActive: 'PT3H' };
      const { Metrics } = await call('ListMetrics', input, metricList);
      return Metrics.map(({ Namespace, Dimensions }) => ({
        namespace: Namespace,
        dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
      }));
    },
    alarm: async (name) => {
      const { MetricAlarms } = await call('DescribeAlarms', { AlarmNames: [name] }, alarmList);
      const [found] = MetricAlarms;
      if (found === undefined) return undefined;
      const namespaces = [found.Namespace, ...found.Metrics.map(({ MetricStat }) => MetricStat.Metric.Namespace)];
      return { state: found.StateValue, namespace: namespaces.find((namespace) => namespace !== '') ?? '' };
    },
    setAlarm: (name, state, reason) =>
      call('SetAlarmState', { AlarmName: name, StateValue: state, StateReason: reason }, nothing),
  };
}

function metricOf({ namespace, name, dimensions: given }: MetricQuery): object {
  const Dimensions = Object.entries(given).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace: namespace, MetricName: name, Dimensions };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
