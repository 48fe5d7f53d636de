import { join } from 'node:path';
import { CircuitStore } from '../../lambdas/adapters/circuit/circuit-store.ts';
import { sdkTable } from '../../lambdas/adapters/table/dynamodb.ts';
import type { CircuitPolicy } from '../../lambdas/contract/circuit/circuit-policy.ts';
import { Env } from '../../lambdas/contract/environment.ts';
import type { ServicePolicy } from '../../lambdas/contract/policy.ts';
import { startTable } from '../../test/support/aws/dynamodb.ts';
import { documentVariables } from '../../test/support/documents.ts';
import { circuitPolicy, servicePolicy } from '../../test/support/policy.ts';
import { startRedis } from '../../test/support/redis/redis.ts';
import { type Service, startService } from '../child.ts';
import { lambdaVariables } from '../stand.ts';

/** Small enough for an outage to take seconds. */
const CIRCUIT: CircuitPolicy = circuitPolicy({
  failureShare: 0.5,
  minRequests: 10,
  windowMs: 1000,
  openForMs: 1000,
  maxOpenForMs: 2000,
  probes: 2,
  successes: 4,
  rampUpMs: 500,
});

export interface Cast {
  readonly processes: number;
  /** In each process; each takes one request at a time. */
  readonly instances: number;
  /** Requests of all processes together. */
  readonly ratePerS: number;
  readonly timeoutMs: number;
  readonly circuit: CircuitPolicy;
}

/** Who plays: the service whose upstream falls ill, and one beside it. */
export const CAST = {
  payments: {
    processes: 4,
    instances: 5,
    ratePerS: 40,
    timeoutMs: 2000,
    circuit: { ...CIRCUIT, slow: { overMs: 200, share: 0.5 } },
  },
  // Whatever else the machine does is not to look like a fault of its upstream.
  users: { processes: 1, instances: 4, ratePerS: 100, timeoutMs: 15_000, circuit: CIRCUIT },
} as const satisfies Readonly<Record<string, Cast>>;
export type ServiceName = keyof typeof CAST;
export const SERVICES = Object.keys(CAST) as ServiceName[];

/** A service's instances, its upstream and its circuit: real processes over one real Redis and one table. */
export interface Player {
  readonly instances: readonly Service[];
  readonly upstream: Service;
  readonly circuit: CircuitStore;
}

export interface Stage {
  readonly players: Readonly<Record<ServiceName, Player>>;
  /** Asks the upstream of `users` without the gateway, as often as its clients do. */
  readonly direct: Service;
  stop(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const [redis, table] = await Promise.all([startRedis(), startTable()]);
  const begun: Promise<Service>[] = [];
  const stop = async () => {
    const started = (await Promise.allSettled(begun)).filter((one) => one.status === 'fulfilled');
    await Promise.all(started.map(({ value }) => value.stop()));
    await Promise.all([redis.stop(), table.stop()]);
  };

  function start(script: string, variables: Readonly<Record<string, string>>): Promise<Service> {
    const service = startService(join(import.meta.dirname, script), variables);
    begun.push(service);
    return service;
  }

  async function player(service: ServiceName): Promise<Player> {
    const { processes, instances, circuit } = CAST[service];
    const upstream = await start('upstream.ts', {});
    const policy = policyOf(service, circuit, urlOf(upstream));
    const variables = {
      ...documentVariables({ service: policy }),
      [Env.table]: table.name,
      [Env.redisUrl]: redis.url,
      ...lambdaVariables(table.endpoint),
      CHAOS_INSTANCES: String(instances),
    };
    return {
      instances: await Promise.all(Array.from({ length: processes }, () => start('instances.ts', variables))),
      upstream,
      circuit: new CircuitStore(sdkTable(table.client, table.name), policy),
    };
  }

  try {
    const players = { payments: await player('payments'), users: await player('users') };
    const direct = await start('direct.ts', { CHAOS_UPSTREAM: urlOf(players.users.upstream) });
    return { players, direct, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function urlOf({ port }: Service): string {
  return `http://127.0.0.1:${port}`;
}

function policyOf(service: ServiceName, circuit: CircuitPolicy, upstream: string): ServicePolicy {
  return servicePolicy({
    gateway: 'chaos',
    service,
    prefix: `/api/${service}`,
    upstream,
    timeoutMs: CAST[service].timeoutMs,
    circuit,
    default: { auth: { type: 'none' }, limits: [], cost: 1 },
  });
}
