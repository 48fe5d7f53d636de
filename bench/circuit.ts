import { Env } from '../lambdas/contract/environment.ts';
import { startTable } from '../test/support/dynamodb.ts';
import { startRedis } from '../test/support/redis.ts';
import { benchCost, type CostOptions } from './circuit/cost.ts';
import { benchFleet, type FleetBenchOptions } from './circuit/fleet.ts';
import { lambdaVariables } from './stand.ts';

export interface CircuitOptions {
  readonly cost: Pick<CostOptions, 'rounds' | 'calls'>;
  readonly fleet: Pick<FleetBenchOptions, 'processes' | 'rounds'>;
}

/** What circuits cost, and what a fleet of processes does to an upstream that fails. */
export async function benchCircuit({ cost, fleet }: CircuitOptions): Promise<void> {
  const [redis, table] = await Promise.all([startRedis(), startTable()]);
  const variables = {
    [Env.redisUrl]: redis.url,
    [Env.table]: table.name,
    ...lambdaVariables(table.endpoint),
  };
  try {
    await benchCost({ ...cost, variables });
    await benchFleet({ ...fleet, variables, table });
  } finally {
    await Promise.all([redis.stop(), table.stop()]);
  }
}
