import { readFileSync } from 'node:fs';
import { Duration, type Stack } from 'aws-cdk-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES_FRESH_MS } from '../../lambdas/adapters/limits/decide-script.ts';
import { ruleKeys } from '../../lambdas/adapters/limits/limit-keys.ts';
import { RULES_REREAD_MS } from '../../lambdas/adapters/limits/rule-cache.ts';
import { Metric } from '../../lambdas/contract/metrics.ts';
import { MAX_RULES } from '../../lambdas/core/limits/max-rules.ts';
import { addStacks } from '../../lib/app.ts';
import { environmentOf } from '../../lib/environments.ts';
import { CircuitBreaker } from '../../lib/gateway/circuit/circuit-breaker.ts';
import { type BilledAlarm, idleCost } from '../../lib/gateway/dashboard/idle-cost.ts';
import { HOURS_PER_MONTH, PRICES } from '../../lib/gateway/dashboard/prices.ts';
import { decimal } from '../../lib/gateway/dashboard/tiered-price.ts';
import {
  cacheUnitsOf,
  FURTHER_PRICES,
  requestCost,
  ruleReadsCost,
  TYPICAL_REQUEST,
  tieredCost,
} from './support/request-cost.ts';
import { type MetricQuery, testApp, testGateway } from './support/stacks.ts';
import { wholeTemplate } from './support/whole-template.ts';

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
    expect(tieredCost(FURTHER_PRICES.restApiRequests, 10 * MILLION)).toBeCloseTo(35, 9);
    expect(tieredCost(FURTHER_PRICES.restApiRequests, BILLION)).toBeCloseTo(3033.1, 9);
  });

  it('is continuous and never falls as volume grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3e9 }), fc.integer({ min: 0, max: MILLION }), (units, more) => {
        const step =
          tieredCost(FURTHER_PRICES.restApiRequests, units + more) - tieredCost(FURTHER_PRICES.restApiRequests, units);
        expect(step).toBeGreaterThanOrEqual(0);
        expect(step).toBeLessThanOrEqual((more / MILLION) * 3.5 + 1e-6);
      }),
    );
  });
});

/** Text of a page; the formatter pads the cells of tables. */
const pageOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').replace(/ +/g, ' ');

/** Alarms of a gateway whose services have these circuits. */
function gatewayAlarms(breakers: readonly CircuitBreaker[]): readonly BilledAlarm[] {
  const { gateway, template } = testGateway();
  for (const [index, circuitBreaker] of breakers.entries()) {
    gateway.addService(`s${index}`, { prefix: `/s${index}`, upstream: 'http://s', circuitBreaker });
  }
  const alarms = Object.values(template().findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
  return alarms.map(({ Metrics = [], Period }) => {
    const periods: readonly number[] = Metrics.flatMap(({ MetricStat }: MetricQuery) => MetricStat?.Period ?? []);
    return { metrics: periods.length || 1, period: Duration.seconds(periods[0] ?? Period) };
  });
}

/** Dollars a month for the alarms of one service's circuit. */
function alarmsOf(breaker: CircuitBreaker): number {
  const [none, one] = [[], [breaker]].map((breakers) => idleCost({ ...defaults, alarms: gatewayAlarms(breakers) }));
  return (one?.alarms ?? 0) - (none?.alarms ?? 0);
}

const defaults = {
  cache: { kind: 'serverless', engine: 'valkey' },
  alarms: gatewayAlarms(Array(4).fill(CircuitBreaker.of())),
  natGateways: 0,
} as const;
const idle = idleCost(defaults);
const node = idleCost({ ...defaults, cache: { kind: 'node', engine: 'valkey' } });
const redis = idleCost({ ...defaults, cache: { kind: 'serverless', engine: 'redis' } });
const withNat = idleCost({ ...defaults, natGateways: 1 });
const ten = requestCost(TYPICAL_REQUEST, 10 * MILLION);
const billion = requestCost(TYPICAL_REQUEST, BILLION);
const one = requestCost(TYPICAL_REQUEST, MILLION);
/** A service with steady traffic and no errors sends four metrics. */
const customMetrics = 4 * 4 * FURTHER_PRICES.customMetric;
const METRICS_OF_A_ROUTE = 6;
/** Cost of metrics by route, if clients call all routes of the app all month. */
const routeMetrics = appRoutes() * METRICS_OF_A_ROUTE * FURTHER_PRICES.customMetric;
const thousandReadyUnits = (engine: 'valkey' | 'redis') =>
  idleCost({ ...defaults, cache: { kind: 'serverless', engine, ecpuMinimum: 1000 } }).cache -
  idleCost({ ...defaults, cache: { kind: 'serverless', engine } }).cache;
const metricsOfAService = Object.keys(Metric).length;
/** Requests a month at which processing units make a serverless cache as dear as a node. */
const evenCache =
  (node.cache - idle.cache) / ((TYPICAL_REQUEST.cacheUnits / MILLION) * PRICES.cache.valkey.unitsPerMillion);

const unitsUnderFiveLimits = (requests: number) =>
  ((requests * cacheUnitsOf(34)) / MILLION) * PRICES.cache.valkey.unitsPerMillion;

function appRoutes(): number {
  const app = testApp();
  addStacks(app, environmentOf('dev'));
  const gateway = wholeTemplate(app.node.findChild('Tollgate-dev-Gateway') as Stack);
  return Object.keys(gateway.findResources('AWS::ApiGatewayV2::Route')).length;
}

describe('docs/cost.md', () => {
  const page = pageOf('docs/cost.md');
  const text = page.replace(/\s+/g, ' ');

  it('has the idle cost by part', () => {
    for (const row of [
      ['ElastiCache Serverless (Valkey), 100 MB floor', idle.cache],
      ['Alarms, 4 circuits and the dead letters', idle.alarms],
      ['Dashboard', idle.dashboard],
      ['**Total**', idle.total],
    ] as const) {
      expect(page).toContain(tableRow([row[0], dollars(row[1])]));
    }
  });

  it('has the cost of the alarms of a circuit, as they are made', () => {
    for (const [told, breaker] of [
      ['the share of failures and their volume: CENTS a circuit', CircuitBreaker.of()],
      ['longer than 30 s has such an alarm, CENTS', CircuitBreaker.of({ window: Duration.seconds(31) })],
      ['With `slowCall` it reads a third, the latency: CENTS', CircuitBreaker.of({ slowCall: Duration.seconds(1) })],
    ] as const) {
      expect(text).toContain(told.replace('CENTS', dollars(alarmsOf(breaker))));
    }
    const throttled = CircuitBreaker.of({ throttlePercent: 10, openFor: Duration.minutes(4) });
    const more = dollars(alarmsOf(throttled) - alarmsOf(CircuitBreaker.of()));
    expect(text).toContain(`\`throttlePercent\` adds one of whole minutes, ${more}`);
    const deadLetters = dollars(idleCost({ ...defaults, alarms: gatewayAlarms([]) }).alarms);
    expect(text).toContain(`The circuit function's dead letters have one of one metric, ${deadLetters}`);
  });

  it('has the cost of a million, ten million and a billion requests by part', () => {
    for (const [label, part] of [
      ['HTTP API', 'httpApi'],
      ['Logs', 'logs'],
      ['Lambda GB-seconds', 'lambdaCompute'],
      ['Lambda requests', 'lambdaRequests'],
      ['Data out', 'dataOut'],
      ['Cache units', 'cacheUnits'],
      ['Between zones', 'betweenZones'],
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
      const rest = tieredCost(FURTHER_PRICES.restApiRequests, requests);
      expect(page).toContain(tableRow([label, dollars(http), dollars(rest)]));
    }
    expect(page).toContain('$930.00, not $960');
  });

  it('has the whole bill of a month, with the idle cost and the metrics that steady traffic sends', () => {
    expect(text).toContain(`four services send without errors all month (${dollars(customMetrics)})`);
    for (const [requests, cost] of [
      ['10 million', ten],
      ['1 billion', billion],
    ] as const) {
      expect(text).toContain(`${dollars(cost.total + idle.total + customMetrics)} for ${requests}`);
    }
  });

  it('tells what metrics by route would cost, which are off', () => {
    expect(appRoutes()).toBe(18);
    expect(text).toContain(`the example's 18 routes, called in every hour of the month, make ${dollars(routeMetrics)}`);
  });

  it('tells what processing units cost that are ready', () => {
    const [valkey, redis] = [thousandReadyUnits('valkey'), thousandReadyUnits('redis')].map(dollars);
    expect(text).toContain(`each 1,000 of \`ecpuMinimum\` are ${valkey} a month, ${redis} of Redis OSS`);
    const props = readFileSync(new URL('../../lib/foundation/foundation-props.ts', import.meta.url), 'utf8');
    expect(props).toContain(`${valkey} a month for each 1,000 of Valkey`);
  });

  it('tells which parts make three quarters of a request', () => {
    expect((one.httpApi + one.logs) / one.total).toBeCloseTo(3 / 4, 1);
  });

  it('tells where a serverless cache and a node cost the same', () => {
    expect(page).toContain(`${Math.round(evenCache / MILLION)} million requests a month`);
  });

  it('tells what a request takes of a serverless cache', () => {
    expect(TYPICAL_REQUEST.cacheUnits).toBe(7);
    expect(text).toContain('under one limit: seven units');
    expect(text).toContain(`twelve units: ${dollars(unitsUnderFiveLimits(MILLION))} a million`);
  });

  it('agrees with what the decision on hash tags says of one slot', () => {
    const decision = pageOf('docs/decisions/0012-one-tag-for-all-keys-of-a-request.md').replace(/\s+/g, ' ');
    // AWS: 30,000 units a second for a slot. The script takes 11 us under one limit, and 25 us under five.
    const [one, five] = [11, 25].map((scriptUs) => 30_000 / cacheUnitsOf(scriptUs));
    expect(decision).toContain(`about ${one?.toLocaleString('en-US')} decisions a second, and to about 3,500`);
    expect(Math.abs((five ?? 0) - 3500)).toBeLessThan(200);
  });

  it('tells what it costs to read the rules of operators, and how often they are read', () => {
    const [none, some, most] = [0, 1000, MAX_RULES].map((rules) => dollars(ruleReadsCost(rules, RULES_FRESH_MS)));
    expect(text).toContain(
      `${none} a month with none, ${some} with 1,000 rules of 400 bytes, ${most} with ${MAX_RULES.toLocaleString('en-US')}`,
    );
    expect(text).toContain('strongly consistent, of a read for each 4 KB');
    expect(readFileSync(new URL('../../lambdas/proxy/handler.ts', import.meta.url), 'utf8')).toContain(
      'ruleStore.list({ consistent: true })',
    );
    expect(RULES_FRESH_MS).toBe(60_000);
    expect(text).toContain(`several of the ${ruleKeys('edge').length} copies`);
    expect(text).toContain(`reads them every ${RULES_REREAD_MS / 1000} s`);
  });

  it('tells what the metrics of a service cost when all of them are sent', () => {
    const sent = `${dollars(metricsOfAService * FURTHER_PRICES.customMetric)} when all of them are sent`;
    expect(text).toContain(sent);
  });

  it('has no figure in dollars that is not computed from the price table', () => {
    const computed = [
      ...numbersIn(PRICES),
      ...numbersIn(FURTHER_PRICES),
      ...[idle, node, redis, withNat].flatMap((cost) => Object.values(cost)),
      ...[one, ten, billion].flatMap((cost) => Object.values(cost)),
      ...[10 * MILLION, 300 * MILLION, BILLION].flatMap((requests) => [
        tieredCost(PRICES.httpApiRequests, requests),
        tieredCost(FURTHER_PRICES.restApiRequests, requests),
      ]),
      idle.total - idle.dashboard,
      idle.total - idle.alarms,
      ten.total + idle.total + customMetrics,
      billion.total + idle.total + customMetrics,
      customMetrics,
      routeMetrics,
      thousandReadyUnits('valkey'),
      thousandReadyUnits('redis'),
      2 * PRICES.highResolutionAlarmMetric,
      3 * PRICES.highResolutionAlarmMetric,
      4 * PRICES.highResolutionAlarmMetric + FURTHER_PRICES.compositeAlarm,
      2 * PRICES.alarmMetric,
      metricsOfAService * FURTHER_PRICES.customMetric,
      4 * FURTHER_PRICES.customMetric,
      ((3600 * HOURS_PER_MONTH) / MILLION) * FURTHER_PRICES.tableReadsPerMillion,
      unitsUnderFiveLimits(MILLION),
      ...[0, 1000, MAX_RULES].map((rules) => ruleReadsCost(rules, RULES_FRESH_MS)),
    ].flatMap((value) => [dollars(value), `$${decimal(value)}`]);
    const told = figuresIn(page);
    expect(told.length).toBeGreaterThan(40);
    for (const figure of told) expect([...computed, '$960'], figure).toContain(figure);
  });
});

describe('README.md', () => {
  const page = pageOf('README.md');

  it('has the idle cost by part', () => {
    for (const [label, value] of [
      ['ElastiCache Serverless (Valkey), its floor', idle.cache],
      ['dashboard', idle.dashboard],
      ['alarms, four circuits and dead letters', idle.alarms],
    ] as const) {
      expect(page).toContain(tableRow([label, value.toFixed(2)]));
    }
    expect(page).toContain(tableRow(['**total**', `**${idle.total.toFixed(2)}**`]));
  });

  it('has no figure in dollars that is not computed from the price table', () => {
    const computed = [`$${Math.round(idle.total)}`, `$${Math.round(withNat.nat)}`, dollars(one.total)];
    const told = figuresIn(page);
    expect(told.length).toBeGreaterThanOrEqual(computed.length);
    for (const figure of told) expect(computed, figure).toContain(figure);
  });
});

function figuresIn(page: string): readonly string[] {
  return page.match(/\$\d+(?:,\d{3})*(?:\.\d+)?/g) ?? [];
}

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
