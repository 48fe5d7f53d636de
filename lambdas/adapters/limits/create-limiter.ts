import type { Rule } from '../../contract/limits/operator-rule.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { describeError, writeLine } from '../log.ts';
import { connectRedis } from '../redis/redis-connection.ts';
import { redisEndpoint } from '../redis/redis-endpoint.ts';
import { StoreBreaker } from '../redis/store-breaker.ts';
import type { Counters } from './counters.ts';
import { LadderCounters } from './ladder-counters.ts';
import { MemoryCounters } from './memory-counters.ts';
import { type OperatorRules, RuleBook, type RuleBookOptions } from './operator-rules.ts';
import { RedisCounters } from './redis-counters.ts';
import { RuleCopies } from './rule-copies.ts';
import { RuledCounters } from './ruled-counters.ts';

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
  /** @default connectRedis */
  readonly connect?: typeof connectRedis;
}

const NO_COPIES = async () => undefined;

/**
 * Counts in Redis where the environment names one, with this process's memory to fall back to; else in memory. What
 * operators said holds either way.
 */
export function createCounters(options: CountersOptions): Counters {
  const endpoint = redisEndpoint(options.env);
  const memory = new MemoryCounters({ clock: options.clock, shared: endpoint !== undefined });
  if (endpoint === undefined) return new RuledCounters(memory, ruleBook(options, NO_COPIES));
  const { connect = connectRedis } = options;
  // The calls that meet a connection error fail, too, and are counted; why there is no connection, only this tells.
  let connectionError: Error | undefined;
  const client = connect(endpoint, (error) => {
    connectionError = error;
  });
  client.on('ready', () => {
    connectionError = undefined;
  });
  const copies = new RuleCopies(client, options.policy.gateway);
  const rules = ruleBook(options, (list) => copies.rebuild(list));
  const shared = new RedisCounters({ client, policy: options.policy, rules });
  return new LadderCounters({
    shared,
    local: new RuledCounters(memory, rules),
    rules,
    breaker: breakerOf(shared, rules, options, () => connectionError),
    onFailure: options.onFailure,
  });
}

function ruleBook({ policy, rules, clock, onFailure }: CountersOptions, copy: RuleBookOptions['copy']): RuleBook {
  return new RuleBook({
    list: rules.list,
    copy,
    service: policy.service,
    clock,
    onFailure: (error) => {
      writeLine({ message: 'rules not read or not copied', error: describeError(error) });
      onFailure();
    },
  });
}

function breakerOf(
  shared: RedisCounters,
  rules: OperatorRules,
  { monotonic, onChange }: CountersOptions,
  causeOf: () => Error | undefined,
): StoreBreaker {
  return new StoreBreaker({
    probe: () => shared.probe(),
    clock: monotonic,
    random: Math.random,
    onChange: (change, error) => {
      if (change === 'lost') rules.doubt();
      logChange(change, causeOf() ?? error);
      onChange(change);
    },
  });
}

function logChange(change: 'lost' | 'recovered', error: unknown): void {
  writeLine(
    change === 'lost'
      ? {
          message: 'redis lost: limits are counted in this instance alone, as each of them says',
          error: describeError(error),
        }
      : { message: 'redis recovered: limits are counted together again' },
  );
}
