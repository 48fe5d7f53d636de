import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRICES } from '../../../../lib/gateway/dashboard/prices.ts';
import { decimal, tieredCostExpression } from '../../../../lib/gateway/dashboard/tiered-price.ts';
import { FURTHER_PRICES, tieredCost } from '../../support/request-cost.ts';

describe('tieredCostExpression', () => {
  it('is the same price as metric math', () => {
    expect(tieredCostExpression(PRICES.httpApiRequests, 'monthly')).toBe(
      'monthly * 0.000001 - IF(monthly > 300000000, monthly - 300000000, 0) * 0.0000001',
    );
    const evaluate = new Function(
      'monthly',
      'IF',
      `return ${tieredCostExpression(FURTHER_PRICES.restApiRequests, 'monthly')}`,
    );
    const choose = (condition: boolean, yes: number, no: number) => (condition ? yes : no);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3e9 }), (units) => {
        expect(evaluate(units, choose)).toBeCloseTo(tieredCost(FURTHER_PRICES.restApiRequests, units), 5);
      }),
    );
  });
});

describe('decimal', () => {
  it.each([
    [1e-7, '0.0000001'],
    [0.0000133334, '0.0000133334'],
    [1 - 0.9, '0.1'],
    [300e6, '300000000'],
    [0.5, '0.5'],
    [10, '10'],
  ])('writes %d as %s', (value, text) => {
    expect(decimal(value)).toBe(text);
  });
});
