import { type AlarmModel, type AlarmStateValue, COMPARISONS, type MetricQuery } from './alarm-model.ts';
import type { MetricStore } from './metric-store.ts';
import type { Series, Value } from './series.ts';

export interface Datapoint {
  readonly startMs: number;
  /** Undefined: no data in that period. */
  readonly value: number | undefined;
}

export interface Evaluation {
  /** Undefined: missing data leaves the state as it is. */
  readonly state: AlarmStateValue | undefined;
  /** The evaluated datapoints, newest first. */
  readonly datapoints: readonly Datapoint[];
  readonly reason: string;
}

/**
 * Periods that are read beyond the evaluation periods: CloudWatch prefers slightly older datapoints to missing ones
 * (AWS: Configuring how CloudWatch alarms treat missing data; 3 periods, a range of 5).
 */
const EXTRA_PERIODS = 2;

/** How far back an alarm reads. */
export function rangeMs({ evaluationPeriods, periodMs }: AlarmModel): number {
  return (evaluationPeriods + EXTRA_PERIODS) * periodMs;
}

/** The state of an alarm at a time, from the periods that are complete then. */
export function evaluateAlarm(alarm: AlarmModel, store: MetricStore, nowMs: number): Evaluation {
  const datapoints = readDatapoints(alarm, store, nowMs);
  const real = datapoints.filter(({ value }) => value !== undefined);
  if (real.length >= alarm.evaluationPeriods) return decide(alarm, real.slice(0, alarm.evaluationPeriods), 0);
  return decideWithMissing(alarm, real);
}

function readDatapoints(alarm: AlarmModel, store: MetricStore, nowMs: number): readonly Datapoint[] {
  const { periodMs, evaluationPeriods } = alarm;
  const endMs = Math.floor(nowMs / periodMs) * periodMs;
  const count = evaluationPeriods + EXTRA_PERIODS;
  const periods = Array.from({ length: count }, (_, index) => endMs - (count - index) * periodMs);
  const value = evaluateQueries(alarm.queries, store, periods);
  return periods
    .map((startMs) => ({ startMs, value: typeof value === 'number' ? value : value.get(startMs) }))
    .toReversed();
}

/** The series of the query that returns data. Queries may refer to each other in any order. */
function evaluateQueries(
  queries: readonly MetricQuery[],
  store: MetricStore,
  periods: readonly number[],
): number | Series {
  const values = new Map<string, Value>();
  const resolve = (query: MetricQuery, path: readonly string[]): Value => {
    const known = values.get(query.id);
    if (known !== undefined) return known;
    if (path.includes(query.id)) throw new Error(`expression ${query.id} refers to itself`);
    const value =
      query.kind === 'stat' ? statSeries(query, store, periods) : expressionValue(query, [...path, query.id]);
    values.set(query.id, value);
    return value;
  };
  const expressionValue = (query: MetricQuery & { kind: 'expression' }, path: readonly string[]): Value => {
    const operands = queries.filter(({ id }) => query.expression.names.includes(id));
    const scope = new Map(operands.map((operand) => [operand.id, resolve(operand, path)]));
    return query.expression.evaluate(scope, periods);
  };
  const returned = queries.find(({ returnData }) => returnData);
  const value = returned ? resolve(returned, []) : new Map();
  if (Array.isArray(value)) throw new Error(`expression ${returned?.id} gives a list of metrics`);
  return value as number | Series;
}

function statSeries(query: MetricQuery & { kind: 'stat' }, store: MetricStore, periods: readonly number[]): Series {
  const series = new Map<number, number>();
  for (const startMs of periods) {
    const bucket = store.read(query.metric, startMs, startMs + query.periodMs);
    if (bucket) series.set(startMs, query.statistic.of(bucket));
  }
  return series;
}

function decideWithMissing(alarm: AlarmModel, real: readonly Datapoint[]): Evaluation {
  const filled = alarm.evaluationPeriods - real.length;
  switch (alarm.missingData) {
    case 'breaching':
      return decide(alarm, real, filled);
    case 'notBreaching':
      return decide(alarm, real, 0);
    case 'ignore':
      return real.length === 0 ? { state: undefined, datapoints: real, reason: '' } : decide(alarm, real, 0);
    case 'missing':
      return real.length === 0 ? insufficient(alarm) : decide(alarm, real, 0);
  }
}

function insufficient({ evaluationPeriods }: AlarmModel): Evaluation {
  const points = `${evaluationPeriods} datapoint${evaluationPeriods === 1 ? ' was' : 's were'}`;
  return { state: 'INSUFFICIENT_DATA', datapoints: [], reason: `Insufficient Data: ${points} unknown.` };
}

/** `missingBreaching`: periods without data that count as breaching. */
function decide(alarm: AlarmModel, datapoints: readonly Datapoint[], missingBreaching: number): Evaluation {
  const { holds } = COMPARISONS[alarm.comparison];
  const breaching = datapoints.filter(({ value }) => value !== undefined && holds(value, alarm.threshold));
  const alarmed = breaching.length + missingBreaching >= alarm.datapointsToAlarm;
  const shown = alarmed ? breaching : datapoints.filter((point) => !breaching.includes(point));
  return { state: alarmed ? 'ALARM' : 'OK', datapoints, reason: crossing(alarm, shown, alarmed) };
}

/** In CloudWatch's words. */
function crossing(alarm: AlarmModel, shown: readonly Datapoint[], alarmed: boolean): string {
  const { evaluationPeriods: periods, datapointsToAlarm: needed, threshold, comparison } = alarm;
  const points = shown.map(({ startMs, value }) => `${decimal(value ?? 0)} (${shortTime(startMs)})`).join(', ');
  const { words } = COMPARISONS[comparison];
  const verb = `${shown.length === 1 ? 'was' : 'were'} ${alarmed ? '' : 'not '}${words}`;
  const change = alarmed ? 'OK -> ALARM' : 'ALARM -> OK';
  const minimum = `minimum ${needed} datapoint${needed === 1 ? '' : 's'} for ${change} transition`;
  if (shown.length === 0)
    return `Threshold Crossed: no datapoints were received for ${periods} period${periods === 1 ? '' : 's'} and ${periods} missing datapoint${periods === 1 ? ' was' : 's were'} treated as [${alarmed ? 'Breaching' : 'NonBreaching'}].`;
  return `Threshold Crossed: ${shown.length} out of the last ${periods} datapoints [${points}] ${verb} the threshold (${decimal(threshold)}) (${minimum}).`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** `24/11/26 03:50:10` */
function shortTime(timeMs: number): string {
  const [date = '', time = ''] = new Date(timeMs).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}
