import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Metric } from '../../../lambdas/contract/metrics.ts';
import {
  decimal,
  HOURS_PER_MONTH,
  idleCost,
  PRICES,
  TYPICAL_REQUEST,
  tieredCost,
  tieredCostExpression,
  usageCost,
} from '../../../lib/gateway/cost-estimate.ts';

const MILLION = 1e6;
const BILLION = 1e9;

describe('tieredCost', () => {
  it('is $930 for a billion requests of an HTTP API: each tier prices only what falls into it', () => {
    expect(tieredCost(PRICES.httpApiRequests, BILLION)).toBeCloseTo(930, 9);
  });

  it('is $10 for ten million requests of an HTTP API', () => {
    expect(tieredCost(PRICES.httpApiRequests, 10 * MILLION)).toBeCloseTo(10, 9);
  });

  it('is $35 and $3,033.10 for the same on a REST API', () => {
    expect(tieredCost(PRICES.restApiRequests, 10 * MILLION)).toBeCloseTo(35, 9);
    expect(tieredCost(PRICES.restApiRequests, BILLION)).toBeCloseTo(3033.1, 9);
  });

  it('is continuous and never falls as volume grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3e9 }), fc.integer({ min: 0, max: MILLION }), (units, more) => {
        const step = tieredCost(PRICES.restApiRequests, units + more) - tieredCost(PRICES.restApiRequests, units);
        expect(step).toBeGreaterThanOrEqual(0);
        expect(step).toBeLessThanOrEqual((more / MILLION) * 3.5 + 1e-6);
      }),
    );
  });
});

describe('tieredCostExpression', () => {
  it('is the same price as metric math', () => {
    expect(tieredCostExpression(PRICES.httpApiRequests, 'monthly')).toBe(
      'monthly * 0.000001 - IF(monthly > 300000000, monthly - 300000000, 0) * 0.0000001',
    );
    const evaluate = new Function('monthly', 'IF', `return ${tieredCostExpression(PRICES.restApiRequests, 'monthly')}`);
    const choose = (condition: boolean, yes: number, no: number) => (condition ? yes : no);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3e9 }), (units) => {
        expect(evaluate(units, choose)).toBeCloseTo(tieredCost(PRICES.restApiRequests, units), 5);
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

describe('docs/cost.md', () => {
  // The formatter pads the cells of tables.
  const page = readFileSync(new URL('../../../docs/cost.md', import.meta.url), 'utf8').replace(/ +/g, ' ');
  const defaults = {
    cache: { kind: 'serverless', engine: 'valkey' },
    circuits: 4,
    dashboards: 1,
    natGateways: 0,
  } as const;
  const idle = idleCost(defaults);
  const node = idleCost({ ...defaults, cache: { kind: 'node', engine: 'valkey', nodes: 1 } });
  const redis = idleCost({ ...defaults, cache: { kind: 'serverless', engine: 'redis' } });
  const withNat = idleCost({ ...defaults, natGateways: 1 });
  const ten = usageCost(TYPICAL_REQUEST, 10 * MILLION);
  const billion = usageCost(TYPICAL_REQUEST, BILLION);
  const one = usageCost(TYPICAL_REQUEST, MILLION);
  /** Requests a month at which processing units make a serverless cache as dear as a node. */
  const evenCache =
    (node.cache - idle.cache) / ((TYPICAL_REQUEST.cacheUnits / MILLION) * PRICES.cache.valkey.unitsPerMillion);

  it('has the idle cost by part', () => {
    for (const row of [
      ['ElastiCache Serverless (Valkey), 100 MB floor', idle.cache],
      ['Alarms, 4 circuits', idle.alarms],
      ['Dashboard', idle.dashboard],
      ['**Total**', idle.total],
    ] as const) {
      expect(page).toContain(tableRow([row[0], dollars(row[1])]));
    }
  });

  it('has the cost of a million, ten million and a billion requests by part', () => {
    for (const [label, part] of [
      ['HTTP API', 'httpApi'],
      ['Logs', 'logs'],
      ['Lambda GB-seconds', 'lambdaCompute'],
      ['Lambda requests', 'lambdaRequests'],
      ['Data out', 'dataOut'],
      ['Cache units', 'cacheUnits'],
      ['DynamoDB reads', 'table'],
      ['**Total, without idle cost**', 'total'],
    ] as const) {
      expect(page).toContain(tableRow([label, dollars(one[part]), dollars(ten[part]), dollars(billion[part])]));
    }
  });

  it('has the comparison with a REST API and the sum that is often told wrongly', () => {
    for (const [label, requests] of [
      ['10 million', 10 * MILLION],
      ['300 million', 300 * MILLION],
      ['1 billion', BILLION],
    ] as const) {
      const http = tieredCost(PRICES.httpApiRequests, requests);
      const rest = tieredCost(PRICES.restApiRequests, requests);
      expect(page).toContain(tableRow([label, dollars(http), dollars(rest)]));
    }
    expect(page).toContain('$930.00, not $960');
  });

  it('tells which parts make three quarters of a request', () => {
    expect((one.httpApi + one.logs) / one.total).toBeCloseTo(3 / 4, 1);
  });

  it('tells where a serverless cache and a node cost the same', () => {
    expect(page).toContain(`${Math.round(evenCache / MILLION)} million requests a month`);
  });

  it('has no figure in dollars that is not computed from the price table', () => {
    const metricsOfAService = Object.keys(Metric).length;
    const computed = [
      ...numbersIn(PRICES),
      ...[idle, node, redis, withNat].flatMap((cost) => Object.values(cost)),
      ...[one, ten, billion].flatMap((cost) => Object.values(cost)),
      ...[10 * MILLION, 300 * MILLION, BILLION].flatMap((requests) => [
        tieredCost(PRICES.httpApiRequests, requests),
        tieredCost(PRICES.restApiRequests, requests),
      ]),
      idle.total - idle.dashboard,
      idle.total - idle.alarms,
      ten.total + idle.total,
      billion.total + idle.total,
      2 * PRICES.highResolutionAlarmMetric,
      metricsOfAService * PRICES.customMetric,
      4 * PRICES.customMetric,
      6 * 10 * PRICES.customMetric,
      ((3600 * HOURS_PER_MONTH) / MILLION) * PRICES.tableReadsPerMillion,
    ].flatMap((value) => [dollars(value), `$${decimal(value)}`]);
    const told = page.match(/\$\d+(?:,\d{3})*(?:\.\d+)?/g) ?? [];
    expect(told.length).toBeGreaterThan(40);
    for (const figure of told) expect([...computed, '$960'], figure).toContain(figure);
  });
});

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function dollars(value: number): string {
  const digits = value < 0.1 ? 4 : 2;
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return Object.values(value as object).flatMap(numbersIn);
}
