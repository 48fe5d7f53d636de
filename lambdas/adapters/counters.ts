import { Env } from '../contract/environment.ts';
import type { Counters } from '../core/counters.ts';
import { FallbackCounters } from './fallback-counters.ts';
import { describeError, writeLine } from './log.ts';
import { MemoryCounters } from './memory-counters.ts';
import { connectRedis } from './redis-connection.ts';
import { RedisCounters } from './redis-counters.ts';

export interface CountersOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Called for each failed call to Redis. */
  readonly onFailure: () => void;
}

/** Counts in Redis where the environment names one, with this process's memory to fall back to; else in memory. */
export function createCounters(env: NodeJS.ProcessEnv, { clock, monotonic, onFailure }: CountersOptions): Counters {
  const local = new MemoryCounters(clock);
  const url = env[Env.redisUrl] ?? '';
  if (url === '') return local;
  // Connection errors also fail the calls that meet them, and those are counted and logged once.
  const client = connectRedis({ url, cluster: env[Env.redisCluster] === 'true' }, () => undefined);
  return new FallbackCounters({
    shared: new RedisCounters(client),
    local,
    clock: monotonic,
    onFailure,
    onChange: (change, error) =>
      writeLine(
        change === 'lost'
          ? { message: 'redis lost: limits are counted in this environment alone', error: describeError(error) }
          : { message: 'redis recovered: limits are counted together again' },
      ),
  });
}
