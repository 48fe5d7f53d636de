import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Operation } from '../../lambdas/contract/operations/operations.ts';
import { type ServedGateway, serve } from '../e2e/support/gateway.ts';
import { operate } from '../e2e/support/operator.ts';
import { whileRedisAnswers } from '../e2e/support/redis-answers.ts';
import { type AwsDouble, type AwsOperations, serveAws } from '../support/aws/aws-double.ts';
import { OPENED } from '../support/circuit/circuits.ts';
import { runOps } from './support/run-ops.ts';

const STACK = 'Tollgate-dev-Gateway';
const PROXY_LOGS = `${STACK}-GatewayordersProxyProxyFunctionLogs5E1BD0A7-3kTq`;
const ACCESS_LOGS = `/aws/vendedlogs/${STACK}-AccessLog`;
const CACHE = 'tollgate-dev-foundation-cache-1f0c';
// As Lambda wrote them, with other ids.
const REPORTS = [
  'REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 61.22 ms\tBilled Duration: 474 ms\tMemory Size: 256 MB\tMax Memory Used: 98 MB\tInit Duration: 412.56 ms\t\n',
  'REPORT RequestId: 3604209a-xmpl-4f8a-bc16-1b1d8f9e0c11\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 99 MB\t\n',
];

let gateway: ServedGateway;
let aws: AwsDouble;
/** What SetAlarmState was last asked for. */
let alarmState: string;
let faults: AwsOperations;

beforeAll(async () => {
  gateway = await serve();
  aws = await serveAws(
    new Proxy({}, { get: (_, name: string) => faults[name] ?? operations[name] }) satisfies AwsOperations,
  );
}, 120_000);
beforeEach(() => {
  alarmState = 'OK';
  faults = {};
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await gateway?.close();
  await aws?.stop();
});

/** The gateway's own metrics and lines, as CloudWatch would have them, and its operator function. */
const operations: AwsOperations = {
  Invoke: async (operation: Operation) => {
    const result = await operate(gateway.running, operation);
    // Alarms of AWS invoke the circuit function, of which there is nothing here.
    const isOpened = operation.action === 'get-circuit' && alarmState === 'ALARM';
    return isOpened ? { ...result, circuit: { ...OPENED, source: 'alarm' } } : result;
  },
  GetMetricData: ({ StartTime, EndTime, MetricDataQueries }) => ({
    MetricDataResults: MetricDataQueries.map(
      // biome-ignore lint/suspicious/noExplicitAny: CloudWatch's own form
      ({ Id, MetricStat: { Metric } }: any) => ({ Id, Values: [sumOf(Metric, StartTime, EndTime)] }),
    ),
  }),
  ListMetrics: () => ({
    Metrics: ['other-cache', CACHE].map((Value) => ({
      Namespace: 'AWS/ElastiCache',
      MetricName: 'EvalBasedCmdsECPUs',
      Dimensions: [{ Name: 'clusterId', Value }],
    })),
  }),
  DescribeAlarms: ({ AlarmNames: [name] }) => ({
    MetricAlarms: [
      {
        AlarmName: name,
        StateValue: alarmState,
        Metrics: [{ Id: 'expr' }, { Id: 'share', MetricStat: { Metric: { Namespace: 'Tollgate/dev' } } }],
      },
    ].filter(() => name === `${STACK}-orders-failures`),
  }),
  SetAlarmState: ({ StateValue }) => {
    alarmState = StateValue;
    return {};
  },
  DescribeLogGroups: ({ logGroupNamePattern }) => ({
    logGroups: [`${STACK}2-ProxyFunctionLogs`, `${STACK}-HealthFunctionLogs`, PROXY_LOGS, ACCESS_LOGS]
      .filter((name) => name.includes(logGroupNamePattern))
      .map((logGroupName) => ({ logGroupName })),
  }),
  FilterLogEvents: ({ logGroupName, filterPattern = '' }) => {
    const [, id] = /request_id = "(.+)"/.exec(filterPattern) ?? [];
    const own = gateway.requestLines().filter(({ service, request_id }) => {
      return service === 'orders' && (id === undefined || request_id === id);
    });
    const written = filterPattern.includes('REPORT') ? [] : own.map(({ label: _, ...line }) => JSON.stringify(line));
    const lines = logGroupName === PROXY_LOGS ? [...written, ...(id === undefined ? REPORTS : [])] : [];
    return { events: lines.map((message) => ({ message })) };
  },
};

// biome-ignore lint/suspicious/noExplicitAny: CloudWatch's own form
function sumOf({ Namespace, MetricName, Dimensions }: any, fromS: number, toS: number): number {
  // biome-ignore lint/suspicious/noExplicitAny: CloudWatch's own form
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }: any) => [Name, Value]));
  if (dimensions.clusterId === CACHE) return MetricName === 'EvalBasedCmds' ? 100 : 390;
  // On a busy machine Redis is late now and then, which judgements are tested for elsewhere.
  if (['StoreErrors', 'CountedLocally'].includes(MetricName)) return 0;
  const metric = { namespace: Namespace, name: MetricName, dimensions };
  return gateway.running.metrics.read(metric, fromS * 1000, toS * 1000)?.sum ?? 0;
}

interface Row {
  readonly check: string;
  readonly result: string;
  readonly seen?: string;
  readonly why?: string;
}

async function verify(...args: readonly string[]) {
  const { code, stdout } = await runOps(['verify', '--url', gateway.running.url, '--json', ...args]);
  const rows = JSON.parse(stdout) as readonly Row[];
  return { code, text: stdout, of: (check: string) => rows.find((row) => row.check === check), rows };
}

describe('verify, asking AWS', () => {
  it('finds what requests left in CloudWatch, and an alarm that opens the circuit, which it gives back', async () => {
    const { code, of, rows } = await whileRedisAnswers(gateway, () => verify('--with-circuit'));
    expect(rows.filter(({ result }) => result !== 'holds')).toEqual([]);
    expect(code).toBe(0);
    expect(of('path readings')?.seen).toContain('%2fslash is read as /slash');
    expect(of('cold start, billed time')?.seen).toBe(
      '2 invocations, 1 cold (init 413 ms, at most 413); warm ones billed 13 ms in the middle; 99 of 256 MB',
    );
    expect(of('log bytes a request')?.seen).toMatch(/^\d{3,4} bytes over \d+ requests/);
    expect(of('metrics in CloudWatch')?.seen).toMatch(/^\d{3} requests counted, \d{3} of them or more from here$/);
    expect(of('Redis and its ECPU')?.seen).toEqual(
      expect.stringMatching(/^of \d{3} requests 0 failed calls, 0 counted without Redis; 3\.9 ECPU a script$/),
    );
    expect(of('alarm opens the circuit')?.seen).toMatch(/^open by the alarm within \d+ s, closed again$/);
    expect(alarmState).toBe('OK');
    expect(await operate(gateway.running, { action: 'get-circuit', service: 'orders' })).toMatchObject({
      circuit: { state: 'closed', by: 'ops.ts verify' },
    });
  });

  it('leaves the circuit alone unless asked to', async () => {
    const { of } = await verify();
    expect(of('alarm opens the circuit')).toMatchObject({ why: expect.stringContaining('give --with-circuit') });
    expect(aws.asked.slice(aws.asked.lastIndexOf('GetMetricData'))).not.toContain('SetAlarmState');
  });

  it('says what AWS refuses, and publishes neither account nor user', async () => {
    const message =
      'User: arn:aws:iam::123456789012:user/carol is not authorized to perform: logs:FilterLogEvents on account 123456789012';
    const refuse = () => ({ refusal: 'AccessDeniedException', message });
    faults = { FilterLogEvents: refuse, GetMetricData: refuse };
    const { text, of, code } = await verify();
    expect(of('cold start, billed time')).toEqual({
      check: 'cold start, billed time',
      result: 'not tried',
      why: 'FilterLogEvents: AccessDeniedException: User: <arn> is not authorized to perform: logs:FilterLogEvents on account <account>',
    });
    expect(of('metrics in CloudWatch')?.why).toMatch(/^GetMetricData: AccessDeniedException/);
    expect(text).not.toMatch(/carol|\d{12}|tgk_|AKIA/);
    expect(code).toBe(0);
  });

  it('says that no region is set, with what could be tried without', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    const { of, text } = await verify();
    expect(of('preflight')?.result).toBe('holds');
    expect(of('cold start, billed time')?.why).toContain('no AWS region is set: give --region');
    expect(text).not.toContain('Region is missing');
  });

  it('asks again where CloudWatch throttles', async () => {
    let refusals = 2;
    faults = {
      DescribeLogGroups: (input) => {
        refusals -= 1;
        const refusal = { refusal: 'ThrottlingException', message: 'Rate exceeded' };
        return refusals >= 0 ? refusal : (operations['DescribeLogGroups']?.(input) ?? {});
      },
    };
    expect((await verify()).of('path readings')?.result).toBe('holds');
  });
});
