import { describeError, writeLine } from '../log.ts';
import { RedisCommands } from './redis-commands.ts';
import { connectRedis } from './redis-connection.ts';
import { redisEndpoint } from './redis-endpoint.ts';
import { StoreBreaker } from './store-breaker.ts';

const LOST = { message: 'redis lost: limits are counted in this instance alone, as each of them says' };
const RECOVERED = { message: 'redis recovered: limits are counted together again' };

export interface SharedStoreOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Deadline of a command. */
  readonly timeoutMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Called for each failed call. */
  readonly onFailure: () => void;
  /** Called once when Redis stops answering, and once when it answers again. */
  readonly onChange: (change: 'lost' | 'recovered') => void;
  /** @default connectRedis */
  readonly connect?: typeof connectRedis;
}

/** What all instances share, and what to do while it is lost. */
export interface SharedStore {
  readonly redis: RedisCommands;
  readonly breaker: StoreBreaker;
  /** Calls `listener` each time the store is lost. */
  onLost(listener: () => void): void;
}

/** Connects to the Redis that the environment names; undefined where it names none. */
export function openSharedStore(options: SharedStoreOptions): SharedStore | undefined {
  const { env, timeoutMs, monotonic, onFailure, onChange, connect = connectRedis } = options;
  const endpoint = redisEndpoint(env);
  if (endpoint === undefined) return undefined;
  // Calls without a connection fail and are counted, but only this error says why there is none.
  let connectionError: Error | undefined;
  const client = connect(endpoint, (error) => {
    connectionError = error;
  });
  client.on('ready', () => {
    connectionError = undefined;
  });
  const redis = new RedisCommands(client, timeoutMs);
  const lostListeners: (() => void)[] = [];
  const breaker = new StoreBreaker({
    probe: () => redis.probe(),
    clock: monotonic,
    random: Math.random,
    onFailure,
    onChange: (change, error) => {
      if (change === 'lost') for (const listener of lostListeners) listener();
      writeLine(change === 'lost' ? { ...LOST, error: describeError(connectionError ?? error) } : RECOVERED);
      onChange(change);
    },
  });
  return { redis, breaker, onLost: (listener) => lostListeners.push(listener) };
}
