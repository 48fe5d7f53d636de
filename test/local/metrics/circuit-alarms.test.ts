import { Duration } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { decodeAlarmEvent } from '../../../lambdas/alarm/alarm-event.ts';
import { LOGGED_PERIODS, THROTTLES_PERIODS } from '../../../lib/gateway/circuit/alarm-period.ts';
import { timeToRearm } from '../../../lib/gateway/circuit/alarm-rearm.ts';
import type { Outcome } from '../../../local/functions/invocation.ts';
import type { AlarmModel, MetricId, MetricQuery } from '../../../local/metrics/alarm-model.ts';
import { Alarms } from '../../../local/metrics/alarms.ts';
import { parseExpression } from '../../../local/metrics/expression.ts';
import { MetricStore } from '../../../local/metrics/metric-store.ts';
import { lambdaSamples } from '../../../local/metrics/service-metrics.ts';
import { parseStatistic } from '../../../local/metrics/statistic.ts';

// The expressions of a circuit's two alarms, over metrics as the gateway and Lambda emit them.
const START_MS = Date.UTC(2026, 10, 24, 4, 0, 0);
const FAILURES = { namespace: 'Tollgate', name: 'Failures', dimensions: { Service: 'orders' } };
const LATENCY = { ...FAILURES, name: 'UpstreamLatency' };
const lambda = (name: string) => ({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName: 'orders' } });

function stat(id: string, metric: MetricId, name: string, periodMs: number): MetricQuery {
  const statistic = parseStatistic(name);
  if (!statistic) throw new Error(name);
  return { kind: 'stat', id, label: undefined, metric, periodMs, statistic, unit: undefined, returnData: false };
}

interface Kind {
  readonly name: string;
  readonly periodMs: number;
  readonly evaluationPeriods: number;
  readonly threshold: number;
}

function alarm({ name, ...kind }: Kind, source: string, stats: readonly MetricQuery[]) {
  const expression = parseExpression(source);
  const math = { kind: 'expression', id: 'value', label: undefined, expression, returnData: true } as const;
  const model: AlarmModel = {
    name,
    arn: `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${name}`,
    account: '123456789012',
    region: 'us-east-1',
    description: undefined,
    queries: [math, ...stats],
    ...kind,
    comparison: 'GreaterThanOrEqualToThreshold',
    datapointsToAlarm: 1,
    missingData: 'notBreaching',
    actions: { ALARM: ['arn:aws:lambda:us-east-1:123456789012:function:circuit'], OK: [], INSUFFICIENT_DATA: [] },
  };
  const store = new MetricStore(600_000);
  const alarms = new Alarms([model], store);
  return {
    store,
    /** The alarm's state at that second, and what its action would be told. */
    at: (second: number) => {
      const [change] = alarms.evaluate(START_MS + second * 1000);
      return { state: alarms.states()[name], seen: change && decodeAlarmEvent(change.event) };
    },
  };
}

function failures() {
  const source = 'IF(n < 5, 0, IF(share >= 0.5, share, IF(p99 >= 2000, p99, 0)))';
  const kind = { name: 'gw-orders-failures', periodMs: 10_000, evaluationPeriods: LOGGED_PERIODS, threshold: 0.5 };
  const { store, at } = alarm(kind, source, [
    stat('n', FAILURES, 'SampleCount', 10_000),
    stat('share', FAILURES, 'Average', 10_000),
    stat('p99', LATENCY, 'p99', 10_000),
  ]);
  /** Requests in the period that begins at that second; `latencyMs`: of each, where it was measured. */
  const emit = (second: number, failed: number, passed: number, latencyMs?: number) => {
    for (let index = 0; index < failed + passed; index += 1) {
      const common = { timestampMs: START_MS + second * 1000, resolutionS: 1 } as const;
      store.add({ ...common, metric: FAILURES, value: index < failed ? 1 : 0 });
      if (latencyMs !== undefined) store.add({ ...common, metric: LATENCY, value: latencyMs });
    }
  };
  return { emit, at };
}

test('the alarm of failures tells their share', () => {
  const { emit, at } = failures();
  emit(1, 5, 3, 100);
  expect(at(10)).toMatchObject({ state: 'ALARM', seen: { state: 'ALARM', value: 0.625, periodS: 10 } });
});

test('the same alarm tells the latency where that is too long, and the share before it', () => {
  const slow = failures();
  slow.emit(1, 0, 99, 100);
  slow.emit(2, 0, 1, 2210);
  expect(slow.at(10)).toMatchObject({ state: 'OK' });
  slow.emit(11, 1, 9, 2210);
  expect(slow.at(20)).toMatchObject({ state: 'ALARM', seen: { value: 2210, periodS: 10 } });

  const both = failures();
  both.emit(1, 10, 0, 2210);
  expect(both.at(10)).toMatchObject({ state: 'ALARM', seen: { value: 1 } });
});

test('few requests are no alarm, however they fail and however slow they are', () => {
  const { emit, at } = failures();
  emit(1, 4, 0, 5000);
  expect(at(10)).toMatchObject({ state: 'OK' });
});

test('requests whose latency nobody measured are judged by their failures', () => {
  const { emit, at } = failures();
  emit(1, 4, 6);
  expect(at(10)).toMatchObject({ state: 'OK' });
  emit(11, 5, 5);
  expect(at(20)).toMatchObject({ state: 'ALARM', seen: { value: 0.5 } });
});

test('what came late is told as the alarm saw it, though the newest period is good', () => {
  const { emit, at } = failures();
  emit(1, 3, 0);
  expect(at(10)).toMatchObject({ state: 'OK' });
  emit(11, 0, 9);
  emit(2, 2, 3);
  expect(at(20)).toMatchObject({ state: 'ALARM', seen: { value: 0.625 } });
});

/** The circuit opens at a second of a period that breaches, and no request is forwarded from then on. */
function rearmedAt(openedAt: number, { emit, at }: ReturnType<typeof failures>): number {
  emit(1, 10, 0);
  emit(openedAt, 10, 0);
  expect(at(openedAt)).toMatchObject({ state: 'ALARM' });
  for (let second = openedAt; ; second += 1) if (at(second).state === 'OK') return second;
}

test.each([10, 15, 19])('the alarm is OK again before a circuit that it opened at second %d may close', (openedAt) => {
  const watched = failures();
  const openForS = timeToRearm(Duration.seconds(10), LOGGED_PERIODS).toSeconds();
  expect(rearmedAt(openedAt, watched) - openedAt).toBeLessThanOrEqual(openForS);
  // The upstream fails again at once: this opens the circuit, since the alarm changes its state.
  watched.emit(openedAt + openForS, 10, 0);
  expect(watched.at(openedAt + openForS + 10)).toMatchObject({ state: 'ALARM', seen: { state: 'ALARM', value: 1 } });
});

test('a period less would be too short for that', () => {
  expect(rearmedAt(10, failures()) - 10).toBeGreaterThan(50);
});

function throttles() {
  const source = 'IF(invocations + throttles >= 5, throttles / (invocations + throttles), 0)';
  const kind = { name: 'gw-orders-throttles', periodMs: 60_000, evaluationPeriods: THROTTLES_PERIODS, threshold: 0.4 };
  const { store, at } = alarm(kind, source, [
    stat('invocations', lambda('Invocations'), 'Sum', 60_000),
    stat('throttles', lambda('Throttles'), 'Sum', 60_000),
  ]);
  const emit = (second: number, kind: Outcome['kind'], count: number) => {
    for (let index = 0; index < count; index += 1) {
      const outcome = { kind, payload: '', errorType: '', message: '' } as Outcome;
      const invocation = { functionName: 'orders', outcome, durationMs: 1 };
      for (const sample of lambdaSamples(invocation, START_MS + second * 1000)) store.add(sample);
    }
  };
  return { emit, at };
}

test('the alarm of throttles tells their share of all events within a minute', () => {
  const { emit, at } = throttles();
  emit(10, 'throttled', 4);
  emit(40, 'replied', 6);
  expect(at(50)).toMatchObject({ state: 'OK' });
  expect(at(60)).toMatchObject({ state: 'ALARM', seen: { value: 0.4, periodS: 60 } });
});

test('events that are all throttled leave no invocations, and alarm', () => {
  const { emit, at } = throttles();
  emit(10, 'throttled', 5);
  expect(at(60)).toMatchObject({ state: 'ALARM', seen: { value: 1 } });
});

test('few events, or few throttles, are no alarm', () => {
  const { emit, at } = throttles();
  emit(10, 'throttled', 4);
  expect(at(60)).toMatchObject({ state: 'OK' });
  emit(70, 'throttled', 3);
  emit(70, 'replied', 6);
  expect(at(120)).toMatchObject({ state: 'OK' });
});
