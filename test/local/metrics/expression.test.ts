import { expect, test } from 'vitest';
import { parseExpression, type Value } from '../../../local/metrics/expression.ts';

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

test('arithmetic goes by time, and a missing operand gives a missing result', () => {
  expect(evaluate('m1 + m2 * 2')).toEqual({ 0: 21, 20: 3 });
  expect(evaluate('-(m1 ^ 2)')).toEqual({ 0: -1, 10: -4, 20: -9 });
});

test('a division by zero is a missing result', () => {
  expect(evaluate('m1 / m2')).toEqual({ 0: 0.1 });
});

test('comparisons and logic give one and zero', () => {
  expect(evaluate('m1 >= 2 AND m1 < 3')).toEqual({ 0: 0, 10: 1, 20: 0 });
  expect(evaluate('m1 == 1 || m1 == 3')).toEqual({ 0: 1, 10: 0, 20: 1 });
});

test('IF chooses by time, and the branch that is not taken may be missing', () => {
  expect(evaluate('IF(m1 > 1, 100 * m1, 0)')).toEqual({ 0: 0, 10: 200, 20: 300 });
  expect(evaluate('IF(m1 > 1, m1, m2)')).toEqual({ 0: 10, 10: 2, 20: 3 });
  expect(evaluate('IF(m1 > 1, m2)')).toEqual({ 20: 0 });
});

test('FILL puts a number, or the last datapoint, where one is missing', () => {
  expect(evaluate('FILL(m2, 5)')).toEqual({ 0: 10, 10: 5, 20: 0 });
  expect(evaluate('FILL(m2, REPEAT)')).toEqual({ 0: 10, 10: 10, 20: 0 });
});

test('SUM, MAX, MIN and AVG go over the times of one metric, or over metrics at each time', () => {
  expect(evaluate('SUM(m1)')).toBe(6);
  expect(evaluate('AVG(m1)')).toBe(2);
  expect(evaluate('SUM([m1, m2])')).toEqual({ 0: 11, 10: 2, 20: 3 });
  expect(evaluate('MAX([m1, m2])')).toEqual({ 0: 10, 10: 2, 20: 3 });
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
