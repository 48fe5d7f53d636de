import type { ServicePolicy } from '../contract/policy.ts';
import type { Rule } from '../contract/rules.ts';
import type { Counters } from '../core/counters.ts';
import { LadderCounters } from './ladder-counters.ts';
import { describeError, writeLine } from './log.ts';
import { MemoryCounters } from './memory-counters.ts';
import { RuleBook } from './operator-rules.ts';
import { connectRedis } from './redis-connection.ts';
import { RedisCounters } from './redis-counters.ts';
import { redisEndpoint } from './redis-endpoint.ts';
import { RuleCopies } from './rule-copies.ts';
import { StoreBreaker } from './store-breaker.ts';

export interface CountersOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly policy: ServicePolicy;
  /** Where the operators' rules are kept. */
  readonly rules: { readonly list: () => Promise<readonly Rule[]> };
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Called for each failed call to a store. */
  readonly onFailure: () => void;
  /** Called once when Redis stops answering, and once when it answers again. */
  readonly onChange: (change: 'lost' | 'recovered') => void;
}

/** Counts in Redis where the environment names one, with this process's memory to fall back to; else in memory. */
export function createCounters({ env, policy, rules, ...options }: CountersOptions): Counters {
  const { clock, monotonic, onFailure, onChange } = options;
  const endpoint = redisEndpoint(env);
  const local = new MemoryCounters({ clock, shared: endpoint !== undefined });
  if (endpoint === undefined) return local;
  // Connection errors also fail the calls that meet them, and those are counted and logged once.
  const client = connectRedis(endpoint, () => undefined);
  const copies = new RuleCopies(client, policy.gateway);
  const book = new RuleBook({
    list: rules.list,
    copy: (list) => copies.rebuild(list),
    service: policy.service,
    clock,
    onFailure: (error) => {
      writeLine({ message: 'rules not read or not copied', error: describeError(error) });
      onFailure();
    },
  });
  const shared = new RedisCounters({ client, policy, rules: book });
  const breaker = new StoreBreaker({
    probe: () => shared.probe(),
    clock: monotonic,
    random: Math.random,
    onChange: (change, error) => {
      logChange(change, error);
      onChange(change);
    },
  });
  return new LadderCounters({ shared, local, breaker, rules: book, onFailure });
}

function logChange(change: 'lost' | 'recovered', error: unknown): void {
  writeLine(
    change === 'lost'
      ? {
          message: 'redis lost: limits are counted in this environment alone, as each of them says',
          error: describeError(error),
        }
      : { message: 'redis recovered: limits are counted together again' },
  );
}
