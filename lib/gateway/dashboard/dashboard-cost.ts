import { Duration } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  Row,
  SingleValueWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { CfnFunction, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { type IdleParts, idleCost } from './idle-cost.ts';
import { BYTES_PER_GB, HOURS_PER_MONTH, PRICES } from './prices.ts';
import { decimal, tieredCostExpression } from './tiered-price.ts';

export interface CostInputs {
  readonly httpApi: Pick<IHttpApi, 'metricCount' | 'metricDataProcessed'>;
  /** Every function that a request or a signal may run. */
  readonly functions: readonly IFunction[];
  readonly logGroups: readonly ILogGroup[];
  /** Consumed ElastiCache processing units; undefined for nodes, which are paid by the hour. */
  readonly cacheUnits: Metric | undefined;
  readonly idleParts: IdleParts;
}

const PERIOD = Duration.minutes(5);

const NOTES = `# Cost
An estimate at us-east-1 list prices without free tiers. Volume prices take the present rate for the whole month. Data \
out is all that the API processed, requests included. Not counted: custom metrics, DynamoDB, cold starts.`;

/**
 * Dollars an hour by part. All of it is metric math over metrics that AWS itself meters, scaled by `PERIOD` because a
 * dashboard widens periods as its time range grows.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function costParts(inputs: CostInputs): Readonly<Record<string, MathExpression>> {
  const requests = inputs.httpApi.metricCount({ statistic: Stats.SUM, period: PERIOD });
  const hourly = `* 3600 / PERIOD(requests)`;
  const part = (label: string, expression: string, usingMetrics: Record<string, IMetric>) =>
    new MathExpression({ label, expression, usingMetrics: { requests, ...usingMetrics }, period: PERIOD });

  const monthlyRequests = part('Requests a month at this rate', `FILL(requests, 0) ${hourly} * ${HOURS_PER_MONTH}`, {});
  const parts: Record<string, MathExpression> = {
    costHttpApi: part('HTTP API', `(${tieredCostExpression(PRICES.httpApiRequests, 'monthly')}) / ${HOURS_PER_MONTH}`, {
      monthly: monthlyRequests,
    }),
    costLambdaRequests: part(
      'Lambda requests',
      `${summed('invocations', inputs.functions)} ${hourly} * ${decimal(PRICES.lambdaRequestsPerMillion / 1e6)}`,
      numbered('invocations', inputs.functions, (fn) => fn.metricInvocations({ statistic: Stats.SUM, period: PERIOD })),
    ),
    costLambdaCompute: lambdaCompute(inputs.functions, hourly, part),
    costDataOut: part('Data out', `FILL(bytes, 0) ${hourly} / ${BYTES_PER_GB} * ${decimal(PRICES.dataOutGb)}`, {
      bytes: inputs.httpApi.metricDataProcessed({ statistic: Stats.SUM, period: PERIOD }),
    }),
    costLogs: part(
      'Logs',
      `${summed('logged', inputs.logGroups)} ${hourly} / ${BYTES_PER_GB} * ${decimal(PRICES.logsGb)}`,
      numbered('logged', inputs.logGroups, incomingBytes),
    ),
  };
  if (inputs.cacheUnits !== undefined) {
    parts.costCacheUnits = part(
      'Cache units',
      `${billedUnits(inputs.idleParts.cache)} ${hourly} * ${decimal(PRICES.cache[inputs.idleParts.cache.engine].unitsPerMillion / 1e6)}`,
      { units: inputs.cacheUnits },
    );
  }
  parts.costIdle = new MathExpression({
    label: 'Idle: cache, alarms, dashboard, NAT',
    expression: `TIME_SERIES(${decimal(idleCost(inputs.idleParts).total / HOURS_PER_MONTH)})`,
    period: PERIOD,
  });
  return parts;
}

/** Units beyond those that are paid for as idle cost. */
function billedUnits({ ecpuMinimum = 0 }: IdleParts['cache']): string {
  if (ecpuMinimum === 0) return 'FILL(units, 0)';
  const beyond = `FILL(units, 0) - ${decimal(ecpuMinimum)} * PERIOD(requests)`;
  return `IF(${beyond} > 0, ${beyond}, 0)`;
}

/** Rows: what it costs now, by part and by million requests. */
export function costWidgets(inputs: CostInputs): IWidget[] {
  const parts = costParts(inputs);
  const { costIdle: _, ...used } = parts;
  const requests = inputs.httpApi.metricCount({ statistic: Stats.SUM, period: PERIOD });
  const sum = (label: string, expressions: Readonly<Record<string, MathExpression>>) =>
    new MathExpression({
      label,
      expression: `SUM([${Object.keys(expressions).join(', ')}])`,
      usingMetrics: expressions,
      period: PERIOD,
    });
  // A period without requests has no price a request: metric math drops a point that divides by zero.
  const perMillion = (label: string, id: string, cost: MathExpression) =>
    new MathExpression({
      label,
      expression: `${id} * PERIOD(requests) / 3600 * 1000000 / requests`,
      usingMetrics: { [id]: cost, requests },
      period: PERIOD,
    });
  const total = sum('$ an hour', parts);
  const withIdle = perMillion('$ a million requests', 'total', total);
  return [
    new TextWidget({ markdown: NOTES, width: 24, height: 3 }),
    new Row(
      new SingleValueWidget({
        title: 'Estimated cost now',
        metrics: [
          total,
          new MathExpression({
            label: '$ a month at this rate',
            expression: `total * ${HOURS_PER_MONTH}`,
            usingMetrics: { total },
            period: PERIOD,
          }),
          withIdle,
        ],
        fullPrecision: true,
        width: 6,
        height: 7,
      }),
      new GraphWidget({
        title: 'Estimated cost by part',
        left: Object.values(parts),
        stacked: true,
        leftYAxis: { label: '$ an hour', showUnits: false, min: 0 },
        width: 10,
        height: 7,
      }),
      new GraphWidget({
        title: 'Estimated cost of a million requests',
        left: [withIdle, perMillion('$ a million requests, without idle cost', 'usage', sum('Usage', used))],
        leftYAxis: { label: '$ a million requests', showUnits: false, min: 0 },
        width: 8,
        height: 7,
      }),
    ),
  ];
}

/** One sum for each memory size: `duration512mb3` is found by `METRICS("duration512mb")`, and by no other size's. */
function lambdaCompute(
  functions: readonly IFunction[],
  hourly: string,
  part: (label: string, expression: string, usingMetrics: Record<string, IMetric>) => MathExpression,
): MathExpression {
  const sizes = [...new Set(functions.map(memoryMb))];
  const bySize = sizes.map((mb) => ({ mb, group: functions.filter((fn) => memoryMb(fn) === mb) }));
  const gbMilliseconds = bySize
    .map(({ mb, group }) => `${summed(`duration${mb}mb`, group)} * ${decimal(mb / 1024)}`)
    .join(' + ');
  const durations = bySize.map(({ mb, group }) =>
    numbered(`duration${mb}mb`, group, (fn) => fn.metricDuration({ statistic: Stats.SUM, period: PERIOD })),
  );
  return part(
    'Lambda GB-seconds',
    `(${gbMilliseconds}) / 1000 ${hourly} * ${decimal(PRICES.lambdaGbSecond)}`,
    Object.assign({}, ...durations),
  );
}

function memoryMb(fn: IFunction): number {
  const resource = fn.node.defaultChild;
  if (!(resource instanceof CfnFunction)) {
    throw new Error(
      `functions on the dashboard must be defined in this app, got ${fn.node.path}: its memory is part of its price`,
    );
  }
  return resource.memorySize ?? 128;
}

function incomingBytes(logGroup: ILogGroup): Metric {
  return new Metric({
    namespace: 'AWS/Logs',
    metricName: 'IncomingBytes',
    dimensionsMap: { LogGroupName: logGroup.logGroupName },
    statistic: Stats.SUM,
    period: PERIOD,
  });
}

/** SUM over a single series is one number for the whole graph, so one item is not summed. */
function summed(id: string, items: readonly unknown[]): string {
  return items.length === 1 ? `FILL(${id}0, 0)` : `SUM(FILL(METRICS("${id}"), 0))`;
}

function numbered<T>(id: string, items: readonly T[], metric: (item: T) => Metric): Record<string, Metric> {
  return Object.fromEntries(items.map((item, index) => [`${id}${index}`, metric(item)]));
}
