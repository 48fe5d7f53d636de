import { Env } from '../lambdas/contract/environment.ts';
import { startTable } from '../test/support/aws/dynamodb.ts';
import { startRedis } from '../test/support/redis/redis.ts';
import { benchAlarm } from './circuit/alarm.ts';
import { benchCost, type CostOptions } from './circuit/cost.ts';
import { benchFleet, type FleetBenchOptions } from './circuit/fleet.ts';
import { lambdaVariables } from './stand.ts';

export interface CircuitOptions
  extends Pick<CostOptions, 'rounds' | 'calls'>,
    Pick<FleetBenchOptions, 'processes' | 'outages'> {
  /** Told how to stop each server, for a run that is interrupted. */
  readonly opened: (stop: () => Promise<void>) => void;
}

/** What circuits cost, and what they keep from an upstream that fails. */
export async function benchCircuit({ opened, ...options }: CircuitOptions): Promise<void> {
  const [redis, table] = await Promise.all([startRedis(), startTable()]);
  const stop = async () => {
    await Promise.all([redis.stop(), table.stop()]);
  };
  opened(stop);
  const variables = { [Env.redisUrl]: redis.url, [Env.table]: table.name, ...lambdaVariables(table.endpoint) };
  try {
    await benchCost({ ...options, variables });
    await benchFleet({ ...options, variables, table });
  } finally {
    await stop();
  }
  await benchAlarm(options.outages, opened);
}
