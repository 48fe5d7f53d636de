import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CircuitStore } from '../../../lambdas/adapters/circuit/circuit-store.ts';
import { sdkTable } from '../../../lambdas/adapters/table/dynamodb.ts';
import type { ServicePolicy } from '../../../lambdas/contract/policy.ts';
import type { TestTable } from '../../../test/support/aws/dynamodb.ts';
import { documentVariables } from '../../../test/support/documents.ts';
import { circuitPolicy, servicePolicy } from '../../../test/support/policy.ts';
import { bundle } from '../../bundles.ts';
import { type Service, startService } from '../../child.ts';
import { OPENS_AT } from '../opens-at.ts';
import type { Fleet } from './trial.ts';

export interface FleetOptions {
  /** Environment of a function: where its stores are. */
  readonly variables: Readonly<Record<string, string>>;
  readonly table: TestTable;
  readonly processes: number;
  readonly openForMs: number;
  /** Calls that succeed and thereby close the circuit. */
  readonly successes: number;
}

/** An upstream and processes that call it, as many of them started at a time as there are CPUs. */
export async function startFleet(options: FleetOptions): Promise<Fleet & { stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'tollgate-bench-fleet-'));
  const started: Service[] = [];
  const start = async (file: string, variables: Readonly<Record<string, string>>): Promise<Service> => {
    const service = await startService(join(import.meta.dirname, file), variables);
    started.push(service);
    return service;
  };
  const stop = async () => {
    await Promise.all(started.map((service) => service.stop()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const upstream = await start('upstream.ts', {});
    const policy = policyOf(options, `http://127.0.0.1:${upstream.port}`);
    const handler = join(dir, 'proxy.mjs');
    await bundle({ file: 'lambdas/proxy/handler.ts' }, handler);
    const variables = { ...options.variables, ...variablesOf(policy, options), BENCH_HANDLER: handler };
    const processes = await gradually(options.processes, (number) =>
      start('worker.ts', {
        ...variables,
        BENCH_NUMBER: String(number),
        AWS_LAMBDA_LOG_STREAM_NAME: `process-${number}`,
      }),
    );
    const { client, name } = options.table;
    return { processes, upstream, store: new CircuitStore(sdkTable(client, name), policy), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing but the circuit stands between a call and the upstream, and once it has closed all calls pass, as with the others. */
function policyOf({ openForMs, successes }: FleetOptions, upstream: string): ServicePolicy {
  return servicePolicy({
    gateway: 'bench-fleet',
    upstream,
    circuit: circuitPolicy({ ...OPENS_AT, openForMs, probes: successes, successes, rampUpMs: 0 }),
    default: { auth: { type: 'none' }, limits: [], cost: 1 },
  });
}

function variablesOf(policy: ServicePolicy, { openForMs }: FleetOptions): Readonly<Record<string, string>> {
  return {
    ...documentVariables({ service: policy }),
    BENCH_UPSTREAM: policy.upstream,
    BENCH_OPEN_FOR_MS: String(openForMs),
  };
}

async function gradually<T>(count: number, start: (number: number) => Promise<T>): Promise<readonly T[]> {
  const numbers = Array.from({ length: count }, (_, number) => number).values();
  const all: T[] = [];
  const startInTurn = async () => {
    for (const number of numbers) all[number] = await start(number);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, startInTurn));
  return all;
}
