import {
  type AlarmModel,
  COMPARISONS,
  type Comparison,
  type ExpressionQuery,
  type MetricQuery,
  MISSING_DATA,
  type MissingData,
  type StatQuery,
} from '../metrics/alarm-model.ts';
import { parseExpression } from '../metrics/expression.ts';
import { parseStatistic } from '../metrics/statistic.ts';
import type { Found } from './find-resources.ts';
import { functionNameIn } from './physical.ts';
import type { Properties } from './properties.ts';

export interface ReadAlarm {
  readonly alarm: AlarmModel;
  /** Functions that the alarm's actions invoke. */
  readonly functionsNamed: readonly string[];
}

export function readAlarm({ properties, ref, attribute, place }: Found): ReadAlarm {
  for (const name of ['ThresholdMetricId', 'EvaluateLowSampleCountPercentile']) properties.refuse(name);
  const queries = properties.has('Metrics')
    ? properties.items('Metrics').map(readQuery)
    : [readSingleMetric(properties)];
  checkQueries(queries, properties);
  const evaluationPeriods = properties.number('EvaluationPeriods') ?? 1;
  const actions = readActions(properties);
  return {
    alarm: {
      name: ref,
      arn: attribute('Arn'),
      account: place.stack.account,
      region: place.stack.region,
      description: properties.optionalText('AlarmDescription'),
      queries,
      periodMs: Math.max(...queries.map((query) => (query.kind === 'stat' ? query.periodMs : 0))),
      comparison: readComparison(properties),
      threshold: properties.number('Threshold') ?? 0,
      evaluationPeriods,
      datapointsToAlarm: properties.number('DatapointsToAlarm') ?? evaluationPeriods,
      missingData: readMissingData(properties),
      actions,
    },
    functionsNamed: Object.values(actions)
      .flat()
      .flatMap((arn) => functionNameIn(arn) ?? []),
  };
}

function readQuery(item: Properties): MetricQuery {
  const common = {
    id: item.text('Id'),
    label: item.optionalText('Label'),
    returnData: String(item.get('ReturnData') ?? true) === 'true',
  };
  const stat = item.object('MetricStat');
  if (!stat) return { ...common, kind: 'expression', expression: readExpression(item) };
  const metric = stat.object('Metric');
  if (!metric) throw item.fault('has a MetricStat without a metric');
  return { ...common, ...readStat(metric, stat, 'Stat') };
}

function readSingleMetric(properties: Properties): StatQuery {
  const name = properties.has('ExtendedStatistic') ? 'ExtendedStatistic' : 'Statistic';
  return { id: 'm1', label: undefined, returnData: true, ...readStat(properties, properties, name) };
}

function readStat(metric: Properties, stat: Properties, statisticName: string) {
  const statistic = parseStatistic(stat.text(statisticName));
  if (!statistic) throw stat.fault(`uses the statistic ${stat.text(statisticName)}`);
  const dimensions = metric.items('Dimensions').map((item) => [item.text('Name'), item.text('Value')] as const);
  return {
    kind: 'stat' as const,
    metric: {
      namespace: metric.text('Namespace'),
      name: metric.text('MetricName'),
      dimensions: Object.fromEntries(dimensions),
    },
    periodMs: (stat.number('Period') ?? 60) * 1000,
    statistic,
    unit: stat.optionalText('Unit'),
  };
}

function readExpression(item: Properties): ExpressionQuery['expression'] {
  const source = item.text('Expression');
  try {
    return parseExpression(source);
  } catch (cause) {
    throw item.fault(`has the expression ${source} (${(cause as Error).message})`);
  }
}

function checkQueries(queries: readonly MetricQuery[], properties: Properties): void {
  if (queries.filter(({ returnData }) => returnData).length !== 1)
    throw properties.fault('returns other than one metric');
  if (!queries.some(({ kind }) => kind === 'stat')) throw properties.fault('reads no metric');
  const ids = new Set(queries.map(({ id }) => id));
  for (const query of queries) {
    const unknown = query.kind === 'expression' && query.expression.names.find((name) => !ids.has(name));
    if (unknown) throw properties.fault(`has an expression over ${unknown}, which is none of its metrics`);
  }
}

function readComparison(properties: Properties): Comparison {
  const operator = properties.text('ComparisonOperator');
  if (!Object.hasOwn(COMPARISONS, operator)) throw properties.fault(`compares by ${operator}`);
  return operator as Comparison;
}

function readMissingData(properties: Properties): MissingData {
  const treatment = properties.optionalText('TreatMissingData') ?? 'missing';
  if (!(MISSING_DATA as readonly string[]).includes(treatment))
    throw properties.fault(`treats missing data as ${treatment}`);
  return treatment as MissingData;
}

function readActions(properties: Properties): AlarmModel['actions'] {
  const enabled = String(properties.get('ActionsEnabled') ?? true) === 'true';
  const of = (name: string) => (enabled ? properties.texts(name) : []);
  return { ALARM: of('AlarmActions'), OK: of('OKActions'), INSUFFICIENT_DATA: of('InsufficientDataActions') };
}
