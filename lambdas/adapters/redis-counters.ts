import { createHash } from 'node:crypto';
import { array, DecodeError, integer } from '../contract/decode.ts';
import type { RateLimitPolicy } from '../contract/policy.ts';
import type { Counters } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import type { OutcomeCounts } from '../core/outcome.ts';
import { firstConnection, type RedisClient } from './redis-connection.ts';
import { DECIDE_SCRIPT, RECORD_SCRIPT } from './redis-scripts.ts';

type Scripts = {
  tollgateDecide(key: string, limit: number, windowMs: number): Promise<unknown>;
  tollgateRecord(key: string, failed: 0 | 1, windowMs: number): Promise<unknown>;
};

/** Counts in Redis, so that all environments of all functions count together; one round trip a call. */
export class RedisCounters implements Counters {
  readonly #client: RedisClient & Scripts;
  readonly #connecting: Promise<void>;

  constructor(client: RedisClient) {
    // ioredis sends EVALSHA and, where the server does not know the script yet, EVAL.
    client.defineCommand('tollgateDecide', { numberOfKeys: 1, lua: DECIDE_SCRIPT });
    client.defineCommand('tollgateRecord', { numberOfKeys: 1, lua: RECORD_SCRIPT });
    this.#client = client as RedisClient & Scripts;
    this.#connecting = firstConnection(client);
  }

  async decide(subject: string, { limit, windowMs }: RateLimitPolicy): Promise<Decision> {
    await this.#connecting;
    const reply = await this.#client.tollgateDecide(`limit:{${digest(subject)}}:${limit}:${windowMs}`, limit, windowMs);
    const [allowed, remaining, resetMs] = numbers(reply, 3, 'decide');
    return { allowed: allowed === 1, limit, remaining: remaining ?? 0, resetMs: resetMs ?? 0 };
  }

  async record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts> {
    await this.#connecting;
    const reply = await this.#client.tollgateRecord(`outcomes:{${circuit}}`, failed ? 1 : 0, windowMs);
    const [total, failures] = numbers(reply, 2, 'record');
    return { total: total ?? 0, failures: failures ?? 0 };
  }
}

/** A client's id may hold any bytes at any length; its key is short and has no meaning to Redis or its cluster. */
function digest(subject: string): string {
  return createHash('sha256').update(subject).digest('base64url').slice(0, 22);
}

function numbers(reply: unknown, length: number, script: string): readonly number[] {
  const values = array(integer)(reply, script);
  if (values.length !== length) throw new DecodeError(script, `an array of ${length}`, reply);
  return values;
}
