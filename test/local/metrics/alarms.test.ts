import { expect, test } from 'vitest';
import type { AlarmModel, MetricQuery } from '../../../local/metrics/alarm-model.ts';
import { Alarms } from '../../../local/metrics/alarms.ts';
import { parseExpression } from '../../../local/metrics/expression.ts';
import { MetricStore } from '../../../local/metrics/metric-store.ts';
import { parseStatistic } from '../../../local/metrics/statistic.ts';

const START_MS = Date.UTC(2026, 10, 24, 4, 0, 0);
const FAILURES = { namespace: 'Tollgate', name: 'Failures', dimensions: { Service: 'orders' } };

function stat(id: string, name: string, returnData = false): MetricQuery {
  const statistic = parseStatistic(name);
  if (!statistic) throw new Error(name);
  const common = { kind: 'stat', label: undefined, metric: FAILURES, periodMs: 10_000, unit: undefined } as const;
  return { ...common, id, statistic, returnData };
}

/** Half of at least five requests within 10 s failed: the alarm of a circuit. */
function circuitAlarm(changes: Partial<AlarmModel> = {}): AlarmModel {
  const expression = parseExpression('IF(n >= 5, 100 * share, 0)');
  return {
    name: 'gw-orders-failures',
    arn: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:gw-orders-failures',
    account: '123456789012',
    region: 'us-east-1',
    description: 'opens the circuit',
    queries: [
      { kind: 'expression', id: 'percent', label: 'failures, %', expression, returnData: true },
      stat('share', 'Average'),
      stat('n', 'SampleCount'),
    ],
    periodMs: 10_000,
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: 50,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missingData: 'notBreaching',
    actions: { ALARM: ['arn:aws:lambda:us-east-1:123456789012:function:circuit'], OK: [], INSUFFICIENT_DATA: [] },
    ...changes,
  };
}

function watch(alarm: AlarmModel) {
  const store = new MetricStore(600_000);
  const alarms = new Alarms([alarm], store);
  return {
    /** Failed and passed requests in the period that begins at that second. */
    emit: (second: number, failed: number, passed: number) => {
      const values = [...Array(failed).fill(1), ...Array(passed).fill(0)];
      for (const value of values) {
        store.add({ metric: FAILURES, value, timestampMs: START_MS + second * 1000, resolutionS: 1 });
      }
    },
    at: (second: number) => alarms.evaluate(START_MS + second * 1000),
    state: () => alarms.states()[alarm.name],
  };
}

test('an alarm begins without data and is OK at the first evaluation where missing data does not breach', () => {
  const { at, state } = watch(circuitAlarm());
  expect(state()).toBe('INSUFFICIENT_DATA');
  expect(at(0)[0]).toMatchObject({ state: { value: 'OK' }, actions: [] });
});

test('it alarms when the period that was bad is complete, not before', () => {
  const { emit, at, state } = watch(circuitAlarm());
  at(0);
  emit(1, 5, 5);
  expect(at(9)).toEqual([]);
  expect(at(10)[0]?.actions).toEqual(['arn:aws:lambda:us-east-1:123456789012:function:circuit']);
  expect(state()).toBe('ALARM');
});

test('the volume guard keeps few requests from alarming, and good ones are no alarm either', () => {
  const { emit, at, state } = watch(circuitAlarm());
  emit(1, 4, 0);
  at(10);
  expect(state()).toBe('OK');
  emit(11, 4, 5);
  at(20);
  expect(state()).toBe('OK');
});

test('a state that stays tells nothing again', () => {
  const { emit, at } = watch(circuitAlarm());
  emit(1, 5, 0);
  emit(11, 5, 0);
  expect(at(10)).toHaveLength(1);
  expect(at(20)).toEqual([]);
});

test('real datapoints a little further back count before missing ones; then the alarm ends', () => {
  const { emit, at, state } = watch(circuitAlarm());
  emit(1, 5, 0);
  at(10);
  at(20);
  at(30);
  expect(state()).toBe('ALARM');
  expect(at(40)[0]).toMatchObject({ state: { value: 'OK' }, previous: { value: 'ALARM' } });
});

test('two of three periods must breach where the alarm says so', () => {
  const { emit, at, state } = watch(circuitAlarm({ evaluationPeriods: 3, datapointsToAlarm: 2 }));
  emit(1, 5, 0);
  emit(11, 0, 5);
  at(20);
  expect(state()).toBe('OK');
  emit(21, 5, 0);
  at(30);
  expect(state()).toBe('ALARM');
});

test('one of three periods is enough where the alarm says so, also when its lines came late', () => {
  const { emit, at, state } = watch(circuitAlarm({ evaluationPeriods: 3 }));
  emit(1, 4, 0);
  at(10);
  expect(state()).toBe('OK');
  emit(11, 0, 9);
  emit(2, 1, 0);
  expect(at(20)[0]).toMatchObject({
    state: { value: 'ALARM', reason: expect.stringContaining('1 out of the last 3 datapoints [100.0') },
  });
});

test('one of three periods keeps the alarm until three later ones are good', () => {
  const { emit, at, state } = watch(circuitAlarm({ evaluationPeriods: 3 }));
  emit(1, 5, 0);
  for (const second of [11, 21, 31]) emit(second, 0, 5);
  at(30);
  expect(state()).toBe('ALARM');
  at(40);
  expect(state()).toBe('OK');
});

test.each([
  ['missing', 'INSUFFICIENT_DATA'],
  ['notBreaching', 'OK'],
  ['breaching', 'ALARM'],
  ['ignore', 'INSUFFICIENT_DATA'],
] as const)('without any data, missing data that is %s leads to %s', (missingData, value) => {
  const { at, state } = watch(circuitAlarm({ missingData }));
  at(0);
  expect(state()).toBe(value);
});

test('missing data that is ignored leaves an alarm as it was', () => {
  const { emit, at, state } = watch(circuitAlarm({ missingData: 'ignore' }));
  emit(1, 5, 0);
  at(10);
  at(100);
  expect(state()).toBe('ALARM');
});

test.each([
  ['GreaterThanThreshold', 'OK'],
  ['GreaterThanOrEqualToThreshold', 'ALARM'],
  ['LessThanThreshold', 'OK'],
  ['LessThanOrEqualToThreshold', 'ALARM'],
] as const)('a value at the threshold is, by %s, %s', (comparison, value) => {
  const { emit, at, state } = watch(circuitAlarm({ comparison }));
  emit(1, 5, 5);
  at(10);
  expect(state()).toBe(value);
});

test("an action's event has CloudWatch's form", () => {
  const { emit, at } = watch(circuitAlarm());
  at(0);
  emit(1, 6, 4);
  const [change] = at(10);
  expect(change?.event).toEqual({
    source: 'aws.cloudwatch',
    alarmArn: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:gw-orders-failures',
    accountId: '123456789012',
    time: '2026-11-24T04:00:10.000+0000',
    region: 'us-east-1',
    alarmData: {
      alarmName: 'gw-orders-failures',
      state: {
        value: 'ALARM',
        reason:
          'Threshold Crossed: 1 out of the last 1 datapoints [60.0 (24/11/26 04:00:00)] was greater than or equal to the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).',
        reasonData: expect.stringContaining('"recentDatapoints":[60],"threshold":50'),
        timestamp: '2026-11-24T04:00:10.000+0000',
      },
      previousState: {
        value: 'OK',
        reason: expect.stringContaining('treated as [NonBreaching]'),
        reasonData: expect.stringContaining('"version":"1.0"'),
        timestamp: '2026-11-24T04:00:00.000+0000',
      },
      configuration: {
        description: 'opens the circuit',
        metrics: [
          { id: 'percent', label: 'failures, %', expression: 'IF(n >= 5, 100 * share, 0)', returnData: true },
          { id: 'share', returnData: false, metricStat: { metric: FAILURES, period: 10, stat: 'Average' } },
          { id: 'n', returnData: false, metricStat: { metric: FAILURES, period: 10, stat: 'SampleCount' } },
        ],
      },
    },
  });
});
