import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnServerlessCache } from 'aws-cdk-lib/aws-elasticache';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import jsep from 'jsep';
import { describe, expect, it } from 'vitest';
import type { FoundationCache } from '../../../../lib/foundation/foundation.ts';
import { CircuitBreaker } from '../../../../lib/gateway/circuit/circuit-breaker.ts';
import {
  DASHBOARD_SERVICES,
  type DashboardService,
  GatewayDashboard,
  type GatewayDashboardProps,
  PRICED_SERVICES,
} from '../../../../lib/gateway/dashboard/dashboard.ts';
import { onlyResource, serviceProps, testFoundation, testGateway } from '../../support/stacks.ts';

interface Widget {
  readonly type: 'text' | 'metric' | 'custom';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly metrics?: readonly unknown[][];
    readonly endpoint?: string;
    readonly updateOn?: unknown;
  };
}

/** One line of a graph: a metric, or an expression over the ids of others. */
interface Series {
  readonly id: string | undefined;
  readonly label: string | undefined;
  readonly stat: string | undefined;
  readonly visible: boolean;
  readonly expression: string | undefined;
  /** `namespace/name dimension=value`. */
  readonly metric: string;
}

const CLOSED = { environment: {}, grantConnect: () => undefined };
const SERVERLESS: FoundationCache = {
  ...CLOSED,
  kind: 'serverless',
  engine: 'valkey',
  redisUrl: 'rediss://cache:6379',
  cluster: true,
  dimensions: { clusterId: 'tollgate' },
};
const NODE: FoundationCache = {
  ...CLOSED,
  kind: 'node',
  engine: 'valkey',
  redisUrl: 'rediss://cache:6380',
  cluster: false,
  dimensions: { CacheClusterId: 'tollgate-001' },
};

interface Options
  extends Partial<Omit<GatewayDashboardProps, 'services' | 'functions' | 'httpApi' | 'widgetFunction'>> {
  readonly services: readonly string[];
  readonly logGroupCount?: number;
}

function functionIn(stack: Stack, id: string, memorySize = 256): LambdaFunction {
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = () => {}'),
    memorySize,
  });
}

/** That of a service's failures. */
const ALARM = { period: Duration.seconds(10), metrics: 2 };

function synthesize({ services: names, logGroupCount = 2, ...props }: Options) {
  // The services' functions are not in the stack of a gateway's dashboard.
  const stack = new Stack(new App({ context: { '@aws-cdk/core:stackResourceLimit': 0 } }), 'Gateway');
  const fn = (id: string, memorySize: number) => functionIn(stack, id, memorySize);
  const logGroups = Array.from({ length: logGroupCount }, (_, index) => new LogGroup(stack, `Log${index}`));
  const services: DashboardService[] = [];
  new GatewayDashboard(stack, 'Dashboard', {
    httpApi: new HttpApi(stack, 'Api'),
    namespace: 'Tollgate',
    widgetFunction: fn('Widget', 256),
    functions: [fn('Authorizer', 256), fn('Circuit', 128), fn('Operator', 256), fn('Health', 128)],
    cache: SERVERLESS,
    logGroups,
    natGateways: 0,
    alarms: () => names.map(() => ALARM),
    ...props,
    services: () => services,
  });
  for (const name of names) {
    const logGroup = new LogGroup(stack, `Log-${name}`);
    services.push({ name, proxyFunction: fn(`Proxy-${name}`, 512), logGroup });
  }
  const template = Template.fromStack(stack);
  return { template, ...parse(template) };
}

function parse(template: Template): { body: string; widgets: readonly Widget[] } {
  const { DashboardBody } = onlyResource(template, 'AWS::CloudWatch::Dashboard');
  const [text, variables] = (DashboardBody as { 'Fn::Sub': [string, Record<string, object>] })['Fn::Sub'];
  const body = text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) =>
    literal ? `\${${name}}` : nameOf(variables[name] ?? {}),
  );
  return { body, widgets: JSON.parse(body).widgets };
}

/** `{ 'Fn::GetAtt': ['Widget', 'Arn'] }` is `Widget.Arn`. */
function nameOf(reference: object): string {
  return Object.values(reference).flat().join('.');
}

function seriesOf(widget: Widget): readonly Series[] {
  return (widget.properties.metrics ?? []).map((row) => {
    const last = row.at(-1);
    const options = (typeof last === 'object' ? last : {}) as Record<string, unknown>;
    const [namespace, name, ...dimensions] = row.filter((cell) => typeof cell === 'string');
    return {
      id: options.id as string | undefined,
      label: options.label as string | undefined,
      stat: options.stat as string | undefined,
      visible: options.visible !== false,
      expression: options.expression as string | undefined,
      metric: namespace === undefined ? '' : `${namespace}/${name} ${dimensions.join('=')}`,
    };
  });
}

function widget(widgets: readonly Widget[], title: string): Widget {
  const found = widgets.find((candidate) => candidate.properties.title === title);
  if (found === undefined) throw new Error(`no widget ${title}`);
  return found;
}

/** Metric and statistic of each line, `UpstreamLatency p50`. */
function lines(widgets: readonly Widget[], title: string): readonly string[] {
  return seriesOf(widget(widgets, title)).map(({ metric, stat }) => `${metric} ${stat}`);
}

/** A widget's metric math at one point in time: what each metric measured, by `metric`, over 300 s. */
class MetricMath {
  readonly #series: readonly Series[];
  readonly #measured: (metric: string) => number | undefined;

  constructor(series: readonly Series[], measured: (metric: string) => number | undefined) {
    this.#series = series;
    this.#measured = measured;
  }

  labelled(label: string): number | undefined {
    const series = this.#series.find((candidate) => candidate.label === label);
    if (series?.expression === undefined) throw new Error(`no expression ${label}`);
    return this.#evaluate(jsep(series.expression)) as number | undefined;
  }

  #byId(id: string): number | undefined {
    const series = this.#series.find((candidate) => candidate.id === id);
    if (series === undefined) throw new Error(`unknown identifier ${id}`);
    if (series.expression === undefined) return this.#measured(series.metric);
    return this.#evaluate(jsep(series.expression)) as number | undefined;
  }

  #number(node: jsep.Expression): number {
    const value = this.#evaluate(node);
    if (Array.isArray(value)) throw new Error('an array where one series is wanted');
    return value ?? 0;
  }

  #evaluate(node: jsep.Expression): number | undefined | (number | undefined)[] {
    switch (node.type) {
      case 'Literal':
        return (node as jsep.Literal).value as number;
      case 'Identifier':
        return this.#byId((node as jsep.Identifier).name);
      case 'ArrayExpression':
        return (node as jsep.ArrayExpression).elements.flatMap((element) => this.#evaluate(element as jsep.Expression));
      case 'BinaryExpression': {
        const { operator, left, right } = node as jsep.BinaryExpression;
        const [a, b] = [this.#number(left), this.#number(right)];
        if (operator === '+') return a + b;
        if (operator === '-') return a - b;
        if (operator === '*') return a * b;
        if (operator === '/') return b === 0 ? undefined : a / b;
        if (operator === '>') return Number(a > b);
        throw new Error(`operator ${operator}`);
      }
      case 'CallExpression':
        return this.#call(node as jsep.CallExpression);
      default:
        throw new Error(`node ${node.type}`);
    }
  }

  #call({ callee, arguments: args }: jsep.CallExpression): number | undefined | (number | undefined)[] {
    const argument = (index: number) => args[index] as jsep.Expression;
    const name = (callee as jsep.Identifier).name;
    switch (name) {
      case 'SUM': {
        const values = this.#evaluate(argument(0));
        if (!Array.isArray(values)) throw new Error('SUM of one series is a number, which no graph can draw');
        return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
      }
      case 'FILL': {
        const [values, filler] = [this.#evaluate(argument(0)), this.#number(argument(1))];
        return Array.isArray(values) ? values.map((value) => value ?? filler) : (values ?? filler);
      }
      case 'METRICS': {
        const part = String((argument(0) as jsep.Literal).value);
        const found = this.#series.filter(({ id, expression }) => expression === undefined && id?.includes(part));
        return found.map(({ metric }) => this.#measured(metric));
      }
      case 'PERIOD': {
        const id = (argument(0) as jsep.Identifier).name;
        if (this.#series.find((series) => series.id === id)?.expression !== undefined) {
          throw new Error('PERIOD takes a metric, not an expression');
        }
        return 300;
      }
      case 'IF':
        return this.#number(argument(0)) === 0 ? this.#number(argument(2)) : this.#number(argument(1));
      case 'TIME_SERIES':
        return this.#number(argument(0));
      default:
        throw new Error(`function ${name}`);
    }
  }
}

const FOUR = ['users', 'orders', 'products', 'payments'];

describe('GatewayDashboard', () => {
  it('shows services that were added after it was created', () => {
    const { widgets } = synthesize({ services: FOUR });
    const headings = widgets.map(({ properties }) => properties.markdown).filter((text) => text?.startsWith('## '));
    expect(headings).toEqual(FOUR.map((name) => `## ${name}`));
  });

  it('is one dashboard and no other resource', () => {
    const { template } = synthesize({ services: ['users'] });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: Match.absent() });
  });

  it('shows the circuits on top, over its whole width, and asks for them anew with each refresh only', () => {
    const { widgets } = synthesize({ services: ['users'] });
    const [first] = widgets;
    expect(first).toMatchObject({
      type: 'custom',
      x: 0,
      y: 0,
      width: 24,
      properties: { title: 'Circuits', updateOn: { refresh: true, resize: false, timeRange: false } },
    });
    expect(first?.properties.endpoint).toMatch(/^Widget\w+\.Arn$/);
  });

  it('shows requests, failures, rejections, limits and circuit changes of a service', () => {
    const { widgets } = synthesize({ services: ['users'] });
    expect(lines(widgets, 'users: requests')).toEqual([
      'Tollgate/Requests Service=users Sum',
      'Tollgate/Failures Service=users Sum',
      'Tollgate/Retries Service=users Sum',
    ]);
    expect(lines(widgets, 'users: turned away')).toEqual([
      'Tollgate/RateLimited Service=users Sum',
      'Tollgate/Revoked Service=users Sum',
      'Tollgate/AuthRejected Service=users Sum',
      'Tollgate/CircuitRejected Service=users Sum',
    ]);
    expect(lines(widgets, 'users: limits')).toEqual([
      'Tollgate/ShadowLimited Service=users Sum',
      'Tollgate/CountedLocally Service=users Sum',
      'Tollgate/FailedOpen Service=users Sum',
      'Tollgate/FailedClosed Service=users Sum',
      'Tollgate/StoreLost Service=users Sum',
    ]);
    expect(lines(widgets, 'users: circuit')).toEqual([
      'Tollgate/CircuitOpened Service=users Sum',
      'Tollgate/CircuitHalfOpened Service=users Sum',
      'Tollgate/CircuitClosed Service=users Sum',
      'Tollgate/CircuitShadowRejected Service=users Sum',
      'Tollgate/StoreErrors Service=users Sum',
    ]);
  });

  it("keeps the gateway's own overhead apart from the upstream's time", () => {
    const { widgets } = synthesize({ services: ['users'] });
    for (const [title, name] of [
      ['users: upstream latency', 'UpstreamLatency'],
      ['users: gateway overhead', 'Overhead'],
    ] as const) {
      expect(lines(widgets, title)).toEqual(
        ['p50', 'p95', 'p99'].map((stat) => `Tollgate/${name} Service=users ${stat}`),
      );
    }
  });

  it('shows what the HTTP API itself counted', () => {
    const { widgets } = synthesize({ services: ['users'] });
    const names = ['Requests', 'Latency at the edge', 'Integration latency'].flatMap((title) => lines(widgets, title));
    expect(names.map((name) => name.replace(/ ApiId=\w+/, ''))).toEqual([
      'AWS/ApiGateway/Count Sum',
      'AWS/ApiGateway/4xx Sum',
      'AWS/ApiGateway/5xx Sum',
      ...['p50', 'p95', 'p99'].map((stat) => `AWS/ApiGateway/Latency ${stat}`),
      ...['p50', 'p95', 'p99'].map((stat) => `AWS/ApiGateway/IntegrationLatency ${stat}`),
    ]);
  });

  it('shows the load of a serverless cache', () => {
    const { body } = synthesize({ services: ['users'] });
    for (const name of ['ElastiCacheProcessingUnits', 'BytesUsedForCache', 'ThrottledCmds', 'CacheHitRate']) {
      expect(body).toContain(`["AWS/ElastiCache","${name}","clusterId","tollgate"`);
    }
  });

  it("shows the load of a cache's node and prices no processing units", () => {
    const { body } = synthesize({
      services: ['users'],
      cache: NODE,
    });
    for (const name of ['EngineCPUUtilization', 'DatabaseMemoryUsagePercentage', 'CurrConnections']) {
      expect(body).toContain(`["AWS/ElastiCache","${name}","CacheClusterId","tollgate-001"`);
    }
    expect(body).not.toContain('ElastiCacheProcessingUnits');
    expect(body).not.toContain('Cache units');
  });

  it("takes the cache's name from another stack", () => {
    const app = new App();
    const cache = new CfnServerlessCache(new Stack(app, 'Foundation'), 'Cache', {
      engine: 'valkey',
      serverlessCacheName: 'tollgate',
    });
    const stack = new Stack(app, 'Gateway');
    new GatewayDashboard(stack, 'Dashboard', {
      httpApi: new HttpApi(stack, 'Api'),
      namespace: 'Tollgate',
      services: () => [],
      alarms: () => [],
      widgetFunction: functionIn(stack, 'Widget'),
      functions: [],
      cache: { ...SERVERLESS, dimensions: { clusterId: cache.ref } },
      logGroups: [],
      natGateways: 0,
    });
    const [dashboard] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    expect(JSON.stringify(dashboard)).toContain('"Fn::ImportValue":"Foundation:ExportsOutputRefCache');
  });

  it('uses ids that CloudWatch accepts, each once a graph, and no id that the graph lacks', () => {
    const { widgets } = synthesize({ services: FOUR });
    for (const { properties, ...graph } of widgets) {
      const series = seriesOf({ properties, ...graph });
      const ids = series.flatMap(({ id }) => (id === undefined ? [] : [id]));
      expect(new Set(ids).size, properties.title).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9_]*$/);
      for (const { expression = '' } of series) {
        const used = expression.replace(/"[^"]*"/g, '').match(/\b[a-z][A-Za-z0-9_]*/g) ?? [];
        expect(ids, expression).toEqual(expect.arrayContaining(used));
      }
    }
  });

  it('writes no number with an exponent, which metric math does not read', () => {
    const { widgets } = synthesize({ services: FOUR });
    for (const { expression = '' } of widgets.flatMap(seriesOf)) expect(expression).not.toMatch(/\d[eE][-+]?\d/);
  });

  it('lays widgets out without overlap on 24 columns', () => {
    const { widgets } = synthesize({ services: FOUR });
    const cells = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(cells.has(`${column},${row}`)).toBe(false);
          cells.add(`${column},${row}`);
        }
      }
    }
  });
});

describe('estimated cost on the dashboard', () => {
  /** What was measured in five minutes; each function was invoked and ran as told. */
  function measured(requests: number): (metric: string) => number | undefined {
    return (metric) => {
      if (metric.startsWith('AWS/ApiGateway/Count')) return requests;
      if (metric.startsWith('AWS/ApiGateway/DataProcessed')) return requests * 3000;
      if (metric.startsWith('AWS/ElastiCache/ElastiCacheProcessingUnits')) return requests * 4;
      if (metric.startsWith('AWS/Logs/IncomingBytes')) return requests * 700;
      if (metric.includes('=Authorizer')) return metric.includes('Invocations') ? requests / 10 : (requests / 10) * 8;
      if (/=(Circuit|Operator|Health|Widget)/.test(metric)) return undefined;
      if (metric.startsWith('AWS/Lambda/Invocations')) return requests / 4;
      if (metric.startsWith('AWS/Lambda/Duration')) return (requests / 4) * 70;
      throw new Error(`no measurement of ${metric}`);
    };
  }

  /** The same by hand, with the prices written out. */
  function byHand(requests: number) {
    const anHour = 12;
    const monthly = requests * anHour * 730;
    const httpApi = (monthly <= 300_000_000 ? monthly / 1e6 : 300 + ((monthly - 300_000_000) / 1e6) * 0.9) / 730;
    const gbSeconds = (requests / 10) * 0.008 * 0.25 + requests * 0.07 * 0.5;
    return {
      'HTTP API': httpApi,
      'Lambda requests': ((requests * 1.1 * anHour) / 1e6) * 0.2,
      'Lambda GB-seconds': gbSeconds * anHour * 0.0000133334,
      'Data out': ((requests * 3000 * anHour) / 2 ** 30) * 0.09,
      'Cache units': ((requests * 4 * anHour) / 1e6) * 0.0023,
      // Two groups of the gateway's, and one of each service.
      Logs: ((requests * (2 + FOUR.length) * 700 * anHour) / 2 ** 30) * 0.5,
      'Idle: cache, alarms, dashboard, NAT': (0.084 * 0.1 * 730 + 4 * 2 * 0.3 + 3) / 730,
    };
  }

  const { widgets } = synthesize({ services: FOUR });

  it.each([12_000, 60_000])('is what a calculation by hand gives for %d requests in five minutes', (requests) => {
    const expected = byHand(requests);
    const parts = new MetricMath(seriesOf(widget(widgets, 'Estimated cost by part')), measured(requests));
    for (const [label, dollars] of Object.entries(expected)) {
      expect(parts.labelled(label), label).toBeCloseTo(dollars, 9);
    }

    const sum = Object.values(expected).reduce((total, dollars) => total + dollars, 0);
    const now = new MetricMath(seriesOf(widget(widgets, 'Estimated cost now')), measured(requests));
    expect(now.labelled('$ an hour')).toBeCloseTo(sum, 9);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(sum * 730, 6);

    const million = new MetricMath(
      seriesOf(widget(widgets, 'Estimated cost of a million requests')),
      measured(requests),
    );
    const idle = expected['Idle: cache, alarms, dashboard, NAT'];
    expect(million.labelled('$ a million requests')).toBeCloseTo((sum / (requests * 12)) * 1e6, 6);
    expect(million.labelled('$ a million requests, without idle cost')).toBeCloseTo(
      ((sum - idle) / (requests * 12)) * 1e6,
      6,
    );
  });

  it('names every part that it draws', () => {
    const drawn = seriesOf(widget(widgets, 'Estimated cost by part')).filter(({ visible }) => visible);
    expect(drawn.map(({ label }) => label)).toEqual(expect.arrayContaining(Object.keys(byHand(1))));
    expect(drawn).toHaveLength(Object.keys(byHand(1)).length);
  });

  it('is the idle cost while nothing was measured, and a million requests have no price', () => {
    const nothing = () => undefined;
    const now = new MetricMath(seriesOf(widget(widgets, 'Estimated cost now')), nothing);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(6.132 + 2.4 + 3, 6);
    const million = new MetricMath(seriesOf(widget(widgets, 'Estimated cost of a million requests')), nothing);
    expect(million.labelled('$ a million requests')).toBeUndefined();
  });

  it("adds the cache's node and the NAT gateways that it is told of", () => {
    const { widgets: dear } = synthesize({ services: FOUR, cache: NODE, natGateways: 1 });
    const now = new MetricMath(seriesOf(widget(dear, 'Estimated cost now')), () => undefined);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo((0.0128 + 0.045) * 730 + 2.4 + 3, 6);
  });

  it('prices alarms of whole minutes at the lower price', () => {
    const alarms = () => FOUR.map(() => ({ ...ALARM, period: Duration.minutes(1) }));
    const { widgets: slow } = synthesize({ services: FOUR, alarms });
    const now = new MetricMath(seriesOf(widget(slow, 'Estimated cost now')), () => undefined);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(6.132 + 4 * 2 * 0.1 + 3, 6);
  });

  it('prices each metric that an alarm reads', () => {
    const { widgets: slow } = synthesize({ services: FOUR, alarms: () => [{ ...ALARM, metrics: 3 }] });
    const now = new MetricMath(seriesOf(widget(slow, 'Estimated cost now')), () => undefined);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(6.132 + 3 * 0.3 + 3, 6);
  });

  it('prices Redis OSS higher than Valkey', () => {
    const { widgets: redis } = synthesize({ services: FOUR, cache: { ...SERVERLESS, engine: 'redis' } });
    const now = new MetricMath(seriesOf(widget(redis, 'Estimated cost now')), () => undefined);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(0.125 * 730 + 2.4 + 3, 6);
    const parts = new MetricMath(seriesOf(widget(redis, 'Estimated cost by part')), measured(12_000));
    expect(parts.labelled('Cache units')).toBeCloseTo(((12_000 * 4 * 12) / 1e6) * 0.0034, 9);
  });

  it('counts units that are ready as idle, and used ones beyond them alone', () => {
    const { widgets: ready } = synthesize({ services: FOUR, cache: { ...SERVERLESS, ecpuMinimum: 1000 } });
    const idle = 6.132 + ((1000 * 3600 * 730) / 1e6) * 0.0023 + 2.4 + 3;
    const now = new MetricMath(seriesOf(widget(ready, 'Estimated cost now')), () => undefined);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(idle, 6);
    const units = (requests: number) => {
      const series = seriesOf(widget(ready, 'Estimated cost by part'));
      return new MetricMath(series, measured(requests)).labelled('Cache units');
    };
    // 4 units a request: 300,000 of five minutes are paid for.
    expect(units(60_000)).toBeCloseTo(0, 9);
    expect(units(100_000)).toBeCloseTo(((100_000 * 12) / 1e6) * 0.0023, 9);
  });

  it("counts the alarms that are there, and the cache's engine, of a gateway", () => {
    const test = testGateway({ foundation: testFoundation({ cacheEngine: 'redis' }) });
    test.gateway.addService('users', serviceProps());
    test.gateway.addService('orders', {
      prefix: '/api/orders',
      upstream: 'http://orders',
      circuitBreaker: CircuitBreaker.none(),
    });
    test.gateway.addService('products', {
      prefix: '/api/products',
      upstream: 'http://products',
      circuitBreaker: CircuitBreaker.of({ window: Duration.minutes(5) }),
    });
    test.gateway.addService('payments', {
      prefix: '/api/payments',
      upstream: 'http://payments',
      circuitBreaker: CircuitBreaker.of({
        slowCall: Duration.seconds(1),
        throttlePercent: 10,
        openFor: Duration.minutes(4),
      }),
    });
    const now = new MetricMath(seriesOf(widget(parse(test.template()).widgets, 'Estimated cost now')), () => undefined);
    expect(now.labelled('$ a month at this rate')).toBeCloseTo(
      0.125 * 730 + 3 + 2 * 0.3 + 2 * 0.1 + 3 * 0.3 + 2 * 0.1 + 0.1,
      6,
    );
  });

  it('refuses a function whose memory it cannot know', () => {
    const stack = new Stack(new App(), 'Gateway');
    new GatewayDashboard(stack, 'Dashboard', {
      httpApi: new HttpApi(stack, 'Api'),
      namespace: 'Tollgate',
      services: () => [],
      alarms: () => [],
      widgetFunction: functionIn(stack, 'Widget'),
      functions: [LambdaFunction.fromFunctionName(stack, 'Elsewhere', 'elsewhere')],
      cache: SERVERLESS,
      logGroups: [],
      natGateways: 0,
    });
    expect(() => Template.fromStack(stack)).toThrow(/must be defined in this app, got Gateway\/Elsewhere/);
  });
});

describe.each([
  ['an HTTP API has routes for', 149],
  ['CloudFormation takes where AWS raised the quota of routes', 205],
])('a dashboard of as many services as %s', (_, count) => {
  const names = Array.from({ length: count }, (_, index) => `service-${index}`);
  const priced = names.slice(0, PRICED_SERVICES);
  const { widgets, template } = synthesize({ services: names, logGroupCount: 6 });

  it("stays within CloudWatch's limits on widgets and metrics and CloudFormation's on the template", () => {
    const metrics = widgets.map((graph) => seriesOf(graph).length);
    expect(widgets.length).toBeLessThanOrEqual(500);
    expect(Math.max(...metrics)).toBeLessThanOrEqual(500);
    expect(metrics.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2500);
    expect(JSON.stringify(template.toJSON()).length).toBeLessThan(1_000_000);
  });

  it('draws the first 45 and names the others', () => {
    expect(widgets.filter(({ properties }) => properties.title?.endsWith(': requests'))).toHaveLength(
      DASHBOARD_SERVICES,
    );
    const note = widgets.find(({ properties }) => properties.markdown?.startsWith('Without graphs here'));
    for (const name of names.slice(DASHBOARD_SERVICES)) expect(note?.properties.markdown).toContain(name);
  });

  it('prices the functions of the first 149 and names the others', () => {
    const invocations = seriesOf(widget(widgets, 'Estimated cost by part')).filter(({ metric }) =>
      metric.startsWith('AWS/Lambda/Invocations'),
    );
    expect(invocations).toHaveLength(priced.length + 5);
    const note = widgets.find(({ properties }) => properties.markdown?.startsWith('Not part of the estimated cost'));
    expect(note === undefined).toBe(names.length === priced.length);
    for (const name of names.slice(PRICED_SERVICES)) expect(note?.properties.markdown).toContain(name);
  });
});
