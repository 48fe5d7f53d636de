import { expect, test } from 'vitest';
import { parseExpression } from '../../../local/metrics/expression.ts';
import type { Value } from '../../../local/metrics/series.ts';

const PERIODS = [0, 10, 20];
const M1 = new Map([
  [0, 1],
  [10, 2],
  [20, 3],
]);
const M2 = new Map([
  [0, 10],
  [20, 0],
]);

function evaluate(source: string, scope: Record<string, Value> = { m1: M1, m2: M2 }) {
  const value = parseExpression(source).evaluate(new Map(Object.entries(scope)), PERIODS);
  return value instanceof Map ? Object.fromEntries(value) : value;
}

test('arithmetic goes by time, and what one operand lacks is 0', () => {
  expect(evaluate('m1 + m2 * 2')).toEqual({ 0: 21, 10: 2, 20: 3 });
  expect(evaluate('m1 + none', { m1: M1, none: new Map() })).toEqual({ 0: 1, 10: 2, 20: 3 });
  expect(evaluate('-(m1 ^ 2)')).toEqual({ 0: -1, 10: -4, 20: -9 });
});

test('where all operands are missing, or something is divided by zero, the result is missing', () => {
  expect(evaluate('m1 / m2')).toEqual({ 0: 0.1 });
  expect(evaluate('m2 + m2')).toEqual({ 0: 20, 20: 0 });
});

test('comparisons and logic give one and zero', () => {
  expect(evaluate('m1 >= 2 AND m1 < 3')).toEqual({ 0: 0, 10: 1, 20: 0 });
  expect(evaluate('m1 == 1 || m1 == 3')).toEqual({ 0: 1, 10: 0, 20: 1 });
});

test('IF chooses by time', () => {
  expect(evaluate('IF(m1 > 1, 100 * m1, 0)')).toEqual({ 0: 0, 10: 200, 20: 300 });
  expect(evaluate('IF(m1 > 1, m1, m2)')).toEqual({ 0: 10, 10: 2, 20: 3 });
  expect(evaluate('IF(m1 > 1, m2)')).toEqual({ 10: 0, 20: 0 });
});

// The tables of AWS's page, "Metric math syntax and functions"; - is a missing datapoint.
test.each([
  ['metric1 < metric2', [30, 20, 0, 0], [20, '-', 20, '-'], [], [0, 0, 1, 0]],
  ['metric1 >= 30', [30, 20, 0, 0], [20, '-', 20, '-'], [], [1, 0, 0, 0]],
  ['metric1 > 15 AND metric2 > 15', [30, 20, 0, 0], [20, '-', 20, '-'], [], [1, 0, 0, 0]],
  ['IF(metric1, metric2, metric3)', [1, 1, 0, 0, '-'], [30, '-', 0, 0, 30], [0, 0, 20, '-', 20], [30, 0, 20, '-', '-']],
  ['IF(metric1, 5, metric3)', [1, 1, 0, 0, '-'], [], [0, 0, 20, '-', 20], [5, 5, 20, '-', '-']],
  ['IF(metric1, metric2, 5)', [1, 1, 0, 0, '-'], [30, '-', 0, 0, 30], [], [30, 0, 5, 5, '-']],
])('%s is what AWS says it is', (source, metric1, metric2, metric3, result) => {
  const scope = { metric1: seriesOf(metric1), metric2: seriesOf(metric2), metric3: seriesOf(metric3) };
  expect(evaluate(source, scope)).toEqual(Object.fromEntries(seriesOf(result)));
});

function seriesOf(datapoints: readonly (number | string)[]): ReadonlyMap<number, number> {
  return new Map(datapoints.flatMap((value, index) => (typeof value === 'number' ? [[index, value] as const] : [])));
}

test('FILL puts a number, or the last datapoint, where one is missing', () => {
  expect(evaluate('FILL(m2, 5)')).toEqual({ 0: 10, 10: 5, 20: 0 });
  expect(evaluate('FILL(m2, REPEAT)')).toEqual({ 0: 10, 10: 10, 20: 0 });
});

test('SUM, MAX, MIN and AVG go over the times of one metric, or over metrics at each time', () => {
  expect(evaluate('SUM(m1)')).toBe(6);
  expect(evaluate('AVG(m1)')).toBe(2);
  expect(evaluate('SUM([m1, m2])')).toEqual({ 0: 11, 10: 2, 20: 3 });
  expect(evaluate('MAX([m1, m2])')).toEqual({ 0: 10, 10: 2, 20: 3 });
  expect(evaluate('AVG([m1, m2])')).toEqual({ 0: 5.5, 10: 1, 20: 1.5 });
});

test('an expression tells which metrics it reads', () => {
  expect(parseExpression('IF(n >= 5, 100 * FILL(f, REPEAT), 0)').names).toEqual(['n', 'f']);
});

test.each([
  ['SEARCH(m1)', 'function SEARCH is not known'],
  ['m1 % 2', 'operator % is not known'],
  ['m1.x', 'MemberExpression is not known'],
  ["FILL(m1, 'x')", "'x' is not known"],
  ['m1 ? 1 : 2', 'ConditionalExpression is not known'],
  ['m1 +', 'Expected expression'],
])('%s is refused: %s', (source, message) => {
  expect(() => parseExpression(source)).toThrow(message);
});
