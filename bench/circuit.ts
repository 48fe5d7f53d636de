import { Env } from '../lambdas/contract/environment.ts';
import { startTable } from '../test/support/dynamodb.ts';
import { startRedis } from '../test/support/redis.ts';
import { benchCost, type CostOptions } from './circuit/cost.ts';
import { lambdaVariables } from './stand.ts';

export interface CircuitOptions {
  readonly cost: Pick<CostOptions, 'rounds' | 'calls'>;
}

/** What circuits cost, and what a fleet of processes does to an upstream that fails. */
export async function benchCircuit({ cost }: CircuitOptions): Promise<void> {
  const [redis, table] = await Promise.all([startRedis(), startTable()]);
  const variables = {
    [Env.redisUrl]: redis.url,
    [Env.table]: table.name,
    ...lambdaVariables(table.endpoint),
  };
  try {
    await benchCost({ ...cost, variables });
  } finally {
    await Promise.all([redis.stop(), table.stop()]);
  }
}
