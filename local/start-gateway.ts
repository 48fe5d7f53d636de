import type { IssuerConfig } from '../lambdas/contract/auth/authorizer-config.ts';
import { DecodeError } from '../lambdas/contract/decode.ts';
import { decodeDocument } from '../lambdas/contract/documents.ts';
import { operatorConfig } from '../lambdas/contract/operations/operator-config.ts';
import { readCloudAssembly } from './assembly/cloud-assembly.ts';
import type { GatewayModel } from './assembly/model.ts';
import { functionNameIn } from './assembly/physical.ts';
import { readGateway } from './assembly/read-gateway.ts';
import { type Clock, systemClock } from './clock.ts';
import { Closers } from './closers.ts';
import { DASHBOARD_PATH } from './dashboard/dashboard-api.ts';
import { Upstreams } from './demo/demo-upstreams.ts';
import { type AlgorithmsOf, type DemoIssuers, startIssuers } from './demo/issuer.ts';
import { storeIssuers } from './demo/known-issuers.ts';
import { mintToken, tokenDefaults } from './demo/mint.ts';
import { type Deployment, Fleet } from './functions/fleet.ts';
import { type Documents, readDocuments, rewireDocuments, rewireVariables } from './functions/rewire.ts';
import { TaskRoots } from './functions/task-roots.ts';
import { runtimeVariables } from './functions/variables.ts';
import { type Api, createApi } from './http/api.ts';
import { type ApiServer, serveApi } from './http/server.ts';
import type { LogSink } from './log-event.ts';
import { type AlarmChange, Alarms } from './metrics/alarms.ts';
import { rangeMs } from './metrics/evaluate.ts';
import { MetricStore } from './metrics/metric-store.ts';
import { keep, observeLines } from './metrics/observe.ts';
import { apiSamples, lambdaSamples } from './metrics/service-metrics.ts';
import { createOperatorApi } from './operator/operator-api.ts';
import { writeSecret } from './operator/secret.ts';
import { type OperatorPort, serveOperator } from './operator/serve-operator.ts';
import type { RunningGateway, ServiceEntry } from './running-gateway.ts';
import { type RedisChoice, type RedisStore, startRedis } from './stores/choose-redis.ts';
import { type DynamoStore, startDynamo } from './stores/dynamo.ts';
import { UserError } from './user-error.ts';

export interface GatewayOptions {
  readonly assemblyDir: string;
  /** 0: any free port. */
  readonly port: number;
  /** Further names that `Host` may have. @default - none */
  readonly hosts?: readonly string[];
  /** Where operators invoke their function. @default 0 */
  readonly operatorPort?: OperatorPort;
  /** Where keys of the demo issuers and the operators' secret are kept. */
  readonly stateDir: string;
  /** Addresses by service; every other service gets a demo upstream. */
  readonly upstreams?: Readonly<Record<string, string>>;
  /** @default 'spawn' */
  readonly redis?: RedisChoice;
  /** @default - the system's */
  readonly clock?: Clock;
  /** @default - no log */
  readonly log?: LogSink;
}

const ALARM_TICK_MS = 10_000;
const METRICS_KEPT_MS = 15 * 60_000;
/** CloudWatch invokes functions asynchronously: only the function's own timeout limits an action. */
const ACTION_TIMEOUT_MS = 15 * 60_000;

/** Serves the HTTP API of a cloud assembly on this machine, with everything behind it. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const closers = new Closers();
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

export interface Assembly {
  readonly model: GatewayModel;
  readonly documents: Documents;
}

/** @throws UserError for what the local run cannot serve as AWS would */
export function readAssembly(dir: string): Assembly {
  const assembly = readCloudAssembly(dir);
  const [error] = assembly.errors;
  if (error !== undefined) throw new UserError('assembly_faulty', error);
  const model = readGateway(assembly);
  try {
    return { model, documents: readDocuments(model.functions.values()) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new UserError('assembly_faulty', `${error.message}: synthesize the app again`, { cause: error });
  }
}

interface Backing {
  readonly dynamo: DynamoStore;
  readonly redis: RedisStore;
  readonly issuers: DemoIssuers;
  readonly upstreams: Upstreams;
  readonly taskRoots: TaskRoots;
}

async function startBacking(
  options: GatewayOptions,
  closers: Closers,
  log: LogSink,
  algorithmsOf: AlgorithmsOf,
): Promise<Backing> {
  const upstreams = closers.add(new Upstreams(options.upstreams ?? {}));
  const notice = (text: string) => log({ kind: 'notice', text });
  const redis = closers.add(await startRedis(options.redis ?? 'spawn', notice));
  const dynamo = closers.add(await startDynamo());
  const issuers = closers.add(await startIssuers(options.stateDir, algorithmsOf));
  const taskRoots = closers.add(new TaskRoots());
  return { dynamo, redis, issuers, upstreams, taskRoots };
}

async function start(options: GatewayOptions, closers: Closers): Promise<RunningGateway> {
  const { clock = systemClock, log = () => {}, stateDir } = options;
  const { nowMs } = clock;
  let current = readAssembly(options.assemblyDir);
  let api: Api = notYet;
  let operatorApi: Api = notYet;
  // First, because a busy port is the likeliest fault and must be reported before slower work.
  const server = closers.add(await serveApi(() => api, options.port, { anyOrigin: true, names: options.hosts ?? [] }));
  const operator = closers.add(await serveOperator(() => operatorApi, options.operatorPort ?? 0));
  const secret = closers.add(writeSecret(stateDir, operator.port));
  const algorithmsOf: AlgorithmsOf = (issuer) => issuerNamed(current.documents, issuer)?.algorithms;
  const backing = await startBacking(options, closers, log, algorithmsOf);
  const metrics = new MetricStore(retentionMs(current.model));
  const alarms = new Alarms(current.model.alarms, metrics);
  const fleet = closers.add(
    new Fleet({
      nowMs,
      onLine: observeLines(metrics, log, nowMs, (name) => labelOf(current, name)),
      onInvocation: (invocation) => keep(metrics, lambdaSamples(invocation, nowMs())),
    }),
  );

  operatorApi = createOperatorApi(() => current.model, fleet.invoke, secret.value);

  const serve = async (next: Assembly): Promise<readonly string[]> => {
    await backing.upstreams.ensure(next.documents.services.map(({ policy }) => policy.service));
    await backing.dynamo.createTables(next.model.tables);
    storeIssuers(stateDir, next.documents.issuers);
    const deployed = fleet.deploy(deploymentsOf(next.model, backing));
    alarms.replace(next.model.alarms);
    api = createApi({
      model: next.model.api,
      invoke: fleet.invoke,
      nowMs,
      report: (report) => {
        keep(metrics, apiSamples(next.model.api.id, report, nowMs()));
        log({ kind: 'request', report });
      },
    });
    current = next;
    return (await deployed).map((name) => labelOf(next, name));
  };
  await serve(current);

  const evaluate = async (): Promise<void> => {
    await Promise.all(alarms.evaluate(nowMs()).map((change) => act(change, fleet, log)));
  };
  closers.push(clock.every(ALARM_TICK_MS, () => void evaluate()));
  return {
    ...addressOf(server),
    redis: backing.redis,
    dynamoUrl: backing.dynamo.url,
    operator: () => operatorOf(current, operator.port, secret.value),
    dashboardUrl: () => (hasWidgets(current) ? `${addressOf(operator).url}${DASHBOARD_PATH}` : undefined),
    metrics,
    alarms: { states: () => alarms.states(), evaluate },
    model: () => current.model,
    services: () => servicesOf(current.documents, backing.upstreams),
    issuers: () => current.documents.issuers,
    token: (wanted = {}) =>
      mintToken(stateDir, { ...tokenDefaults(issuerFor(current.documents, wanted.issuer)), ...wanted }, nowMs()),
    reload: (assemblyDir) => serve(readAssembly(assemblyDir)),
    close: () => closers.close(),
  };
}

/** Answers between the port's opening and the first deployment. */
const notYet: Api = async () => ({ status: 503, headers: [['retry-after', '1']], body: Buffer.alloc(0) });

function addressOf({ port }: ApiServer): { readonly url: string; readonly port: number } {
  return { url: `http://127.0.0.1:${port}`, port };
}

function retentionMs({ alarms }: GatewayModel): number {
  return Math.max(METRICS_KEPT_MS, ...alarms.map(rangeMs));
}

function deploymentsOf(
  { functions }: GatewayModel,
  { dynamo, redis, issuers, upstreams, taskRoots }: Backing,
): readonly Deployment[] {
  const standIns = {
    upstreamOf: (service: string) => upstreams.urlOf(service),
    jwksUriOf: issuers.jwksUriOf,
    redisUrl: redis.url,
  };
  return [...functions.values()].map((model) => ({
    model,
    variables: {
      ...rewireVariables(model.environment, standIns),
      ...runtimeVariables(model, {
        taskRoot: taskRoots.of(rewireDocuments(model.documents, standIns)),
        dynamoUrl: dynamo.url,
      }),
    },
  }));
}

function operatorOf({ model }: Assembly, port: number, secret: string): ReturnType<RunningGateway['operator']> {
  const json = model.functions.get(model.operators[0] ?? '')?.documents.operator;
  return json === undefined
    ? undefined
    : { port, gateway: decodeDocument('operator', operatorConfig, json).gateway, secret };
}

function hasWidgets({ model }: Assembly): boolean {
  return model.dashboards.some(({ widgets }) => widgets.length > 0);
}

/** How log lines name a function. */
function labelOf({ model, documents }: Assembly, functionName: string): string {
  const service = documents.services.find((entry) => entry.functionName === functionName);
  return service?.policy.service ?? model.functions.get(functionName)?.label ?? functionName;
}

function servicesOf({ services }: Documents, upstreams: Upstreams): readonly ServiceEntry[] {
  return services.map(({ functionName, policy }) => ({
    functionName,
    policy,
    upstream: upstreams.urlOf(policy.service),
    demo: !upstreams.isGiven(policy.service),
  }));
}

function issuerNamed({ issuers }: Documents, name: string | undefined): IssuerConfig | undefined {
  return issuers.find(({ issuer }) => issuer === name);
}

/** Tokens of an unknown issuer use the settings of the first. */
function issuerFor(documents: Documents, name: string | undefined): IssuerConfig {
  const issuer = issuerNamed(documents, name) ?? documents.issuers[0];
  if (!issuer) throw new UserError('issuers_unknown', 'the gateway accepts no tokens: no function has an issuer');
  return issuer;
}

async function act(change: AlarmChange, fleet: Fleet, log: LogSink): Promise<void> {
  log({ kind: 'alarm', change });
  for (const action of change.actions) {
    const functionName = functionNameIn(action);
    if (functionName !== undefined) await fleet.invoke(functionName, change.event, ACTION_TIMEOUT_MS);
    else log({ kind: 'notice', text: `alarm ${change.alarm.name} would now notify ${action}` });
  }
}
