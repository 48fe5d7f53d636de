import type { AlarmModel, AlarmStateValue, MetricQuery } from './alarm-model.ts';
import type { Datapoint } from './evaluate.ts';

export interface AlarmState {
  readonly value: AlarmStateValue;
  readonly reason: string;
  /** Undefined for the initial state of an alarm. */
  readonly reasonData: string | undefined;
  readonly atMs: number;
}

/**
 * The event that CloudWatch sends to a Lambda function as an alarm's action (AWS: Invoke a Lambda function from an
 * alarm).
 */
export function alarmEvent(alarm: AlarmModel, state: AlarmState, previous: AlarmState): object {
  return {
    source: 'aws.cloudwatch',
    alarmArn: alarm.arn,
    accountId: alarm.account,
    time: timestamp(state.atMs),
    region: alarm.region,
    alarmData: {
      alarmName: alarm.name,
      state: stateOf(state),
      previousState: stateOf(previous),
      configuration: {
        ...(alarm.description !== undefined && { description: alarm.description }),
        metrics: alarm.queries.map(metricOf),
      },
    },
  };
}

/** The JSON text in a state's `reasonData`. */
export function reasonData(alarm: AlarmModel, datapoints: readonly Datapoint[], nowMs: number): string {
  const oldest = datapoints.at(-1);
  return JSON.stringify({
    version: '1.0',
    queryDate: timestamp(nowMs),
    ...(oldest && { startDate: timestamp(oldest.startMs) }),
    period: alarm.periodMs / 1000,
    recentDatapoints: datapoints.map(({ value }) => value).toReversed(),
    threshold: alarm.threshold,
    evaluatedDatapoints: datapoints.map(({ startMs, value }) => ({ timestamp: timestamp(startMs), value })),
  });
}

function stateOf({ value, reason, reasonData: data, atMs }: AlarmState): object {
  return { value, reason, ...(data !== undefined && { reasonData: data }), timestamp: timestamp(atMs) };
}

function metricOf(query: MetricQuery): object {
  const { id, label, returnData } = query;
  const common = { id, ...(label !== undefined && { label }), returnData };
  if (query.kind === 'expression') return { ...common, expression: query.expression.source };
  const { metric, periodMs, statistic, unit } = query;
  return {
    ...common,
    metricStat: { metric, period: periodMs / 1000, stat: statistic.name, ...(unit !== undefined && { unit }) },
  };
}

/** `2026-11-24T03:50:10.000+0000` */
function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+0000');
}
