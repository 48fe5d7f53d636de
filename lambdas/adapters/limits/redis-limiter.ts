import { integer } from '../../contract/decode.ts';
import { takesLease } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { type Limiter, type LimitRequest, type LimitResult, REVOKED } from '../../core/limits/limiter.ts';
import type { RedisCommands } from '../redis/redis-commands.ts';
import type { RedisClient } from '../redis/redis-connection.ts';
import { decideArguments, decodeDecide } from './decide-call.ts';
import { DECIDE_SCRIPT } from './decide-script.ts';
import { type RequestKeys, requestKeys } from './limit-keys.ts';
import type { OperatorRules } from './rule-cache.ts';

type Scripts = { tollgateDecide(keys: number, ...keysAndArguments: (string | number)[]): Promise<unknown> };

export interface RedisLimiterOptions {
  readonly redis: RedisCommands;
  readonly policy: ServicePolicy;
  /** Asked where Redis has lost its copy of the operators' rules. */
  readonly rules: OperatorRules;
}

/** Counts in Redis, so that all instances of all functions count together; one round trip a call. */
export class RedisLimiter implements Limiter {
  readonly #redis: RedisCommands;
  readonly #client: RedisClient & Scripts;
  readonly #service: string;
  readonly #keysOf: RequestKeys;
  readonly #rules: OperatorRules;
  #rulesUnknown = false;

  constructor({ redis, policy, rules }: RedisLimiterOptions) {
    // ioredis sends EVALSHA and, where the server does not know the script yet, EVAL.
    redis.client.defineCommand('tollgateDecide', { lua: DECIDE_SCRIPT });
    this.#redis = redis;
    this.#client = redis.client as RedisClient & Scripts;
    this.#service = policy.service;
    this.#keysOf = requestKeys(policy);
    this.#rules = rules;
  }

  async decide(request: LimitRequest): Promise<LimitResult> {
    const keys = this.#keysOf(request);
    const args = decideArguments(request, this.#service);
    const { outcome, rules, decisions } = await this.#redis.ask(
      keys[0],
      () => this.#client.tollgateDecide(keys.length, ...keys, ...args),
      (reply) => decodeDecide(reply, request),
      // The request has gone on without this reply, so only this call can give back what it took.
      (late) => void (late.outcome === 'allowed' && this.release(request).catch(() => undefined)),
    );
    // Redis had a copy and lost it: the rules that this instance read before may be older than that copy was.
    if (rules.unknown && !this.#rulesUnknown) this.#rules.invalidate();
    this.#rulesUnknown = rules.unknown;
    if (rules.rebuild) this.#rules.rebuild();
    if (outcome === 'revoked') return REVOKED;
    if (!rules.unknown || !(await this.#rules.isRevoked(request.identity))) return { outcome, decisions };
    if (outcome === 'allowed') await this.release(request);
    return REVOKED;
  }

  async release(request: LimitRequest): Promise<void> {
    const limits = request.limits.filter(({ policy }) => takesLease(policy));
    if (limits.length === 0) return;
    const [, ...keys] = this.#keysOf({ ...request, limits });
    const release = (key: string) => this.#redis.ask(key, () => this.#client.zrem(key, request.lease), decodeRelease);
    await Promise.all(keys.map(release));
  }

  settled(): Promise<void> | undefined {
    return this.#rules.settled();
  }
}

const decodeRelease = (reply: unknown) => integer(reply, 'release');
