import { expect, test } from 'vitest';
import { MetricStore, type Sample } from '../../../local/metrics/metric-store.ts';
import { samplesOf } from '../../../local/metrics/read-emf.ts';
import { parseStatistic } from '../../../local/metrics/statistic.ts';

const HITS = { namespace: 'N', name: 'Hits', dimensions: { Service: 'users' } };

function sample(value: number, timestampMs: number, resolutionS: 1 | 60 = 1): Sample {
  return { metric: HITS, value, timestampMs, resolutionS };
}

function statistic(name: string, values: readonly number[]) {
  const store = new MetricStore(60_000);
  for (const value of values) store.add(sample(value, 1000));
  const bucket = store.read(HITS, 0, 2000);
  return bucket && parseStatistic(name)?.of(bucket);
}

test('values are read by interval, its end not included', () => {
  const store = new MetricStore(60_000);
  for (const second of [0, 1, 9, 10]) store.add(sample(1, second * 1000));
  expect(store.read(HITS, 0, 10_000)?.count).toBe(3);
  expect(store.read(HITS, 10_000, 20_000)?.count).toBe(1);
  expect(store.read(HITS, 20_000, 30_000)).toBeUndefined();
});

test('the order of dimensions does not matter, their values do', () => {
  const store = new MetricStore(60_000);
  store.add({ ...sample(1, 0), metric: { ...HITS, dimensions: { a: '1', b: '2' } } });
  const read = (dimensions: Record<string, string>) => store.read({ ...HITS, dimensions }, 0, 1000)?.count;
  expect([read({ b: '2', a: '1' }), read({ a: '1' }), read({ a: '1', b: '3' })]).toEqual([1, undefined, undefined]);
});

test('a metric of standard resolution counts at the start of its minute', () => {
  const store = new MetricStore(600_000);
  store.add(sample(1, 75_000, 60));
  expect(store.read(HITS, 70_000, 80_000)).toBeUndefined();
  expect(store.read(HITS, 60_000, 120_000)?.count).toBe(1);
});

test('what is older than the retention is forgotten', () => {
  const store = new MetricStore(10_000);
  for (const second of [0, 5, 20]) store.add(sample(1, second * 1000));
  expect(store.read(HITS, 0, 30_000)?.count).toBe(1);
});

test.each([
  ['Average', 2.5],
  ['Sum', 10],
  ['SampleCount', 4],
  ['Minimum', 1],
  ['Maximum', 4],
  ['p50', 2],
  ['p99', 4],
  ['p100', 4],
])('%s of 1, 2, 3 and 4 is %d', (name, value) => {
  expect(statistic(name, [1, 2, 3, 4])).toBe(value);
});

test('percentiles of many values are taken of a bounded sample', () => {
  const values = Array.from({ length: 20_000 }, (_, index) => index);
  expect(statistic('p50', values)).toBeGreaterThan(7000);
  expect(statistic('p50', values)).toBeLessThan(13_000);
  expect(statistic('SampleCount', values)).toBe(20_000);
});

test('a line in the embedded metric format gives its values', () => {
  const line = {
    _aws: {
      Timestamp: 5,
      CloudWatchMetrics: [
        {
          Namespace: 'N',
          Dimensions: [['Service'], []],
          Metrics: [{ Name: 'Hits', StorageResolution: 1 }, { Name: 'List' }],
        },
      ],
    },
    Service: 'users',
    Hits: 2,
    List: [1, 2],
  };
  expect(samplesOf(line, 9)).toEqual([
    { metric: HITS, value: 2, timestampMs: 5, resolutionS: 1 },
    { metric: { ...HITS, name: 'List' }, value: 1, timestampMs: 5, resolutionS: 60 },
    { metric: { ...HITS, name: 'List' }, value: 2, timestampMs: 5, resolutionS: 60 },
    { metric: { ...HITS, dimensions: {} }, value: 2, timestampMs: 5, resolutionS: 1 },
    { metric: { ...HITS, name: 'List', dimensions: {} }, value: 1, timestampMs: 5, resolutionS: 60 },
    { metric: { ...HITS, name: 'List', dimensions: {} }, value: 2, timestampMs: 5, resolutionS: 60 },
  ]);
});

test.each([
  ['no directive', { _aws: {} }],
  ['a directive without a namespace', { _aws: { CloudWatchMetrics: [{ Metrics: [] }] } }],
  ['an object of another kind', { message: 'hi' }],
  [
    'a value that is no number',
    { _aws: { CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'A' }] }] }, A: 'x' },
  ],
])('%s gives none', (_, line) => {
  expect(samplesOf(line, 0)).toEqual([]);
});
