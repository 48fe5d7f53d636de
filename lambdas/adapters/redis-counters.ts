import { hash } from 'node:crypto';
import { array, DecodeError, integer } from '../contract/decode.ts';
import type { RateLimitPolicy } from '../contract/policy.ts';
import type { Counters } from '../core/counters.ts';
import type { Decision } from '../core/decision.ts';
import type { OutcomeCounts } from '../core/outcome.ts';
import { firstConnection, type RedisClient } from './redis-connection.ts';
import { DECIDE_SCRIPT, RECORD_SCRIPT } from './redis-scripts.ts';
import { NO_ANSWER, within } from './within.ts';

/** A command's deadline: a healthy cache answers in about a millisecond, and a request must not wait for a sick one. */
export const COMMAND_TIMEOUT_MS = 50;

/** So many commands in a row without an answer, and the connection is opened anew: it may lead to a server that is gone. */
const SILENT_COMMANDS = 3;

type Scripts = {
  tollgateDecide(key: string, limit: number, windowMs: number): Promise<unknown>;
  tollgateRecord(key: string, failed: 0 | 1, windowMs: number): Promise<unknown>;
};

/** Counts in Redis, so that all environments of all functions count together; one round trip a call. */
export class RedisCounters implements Counters {
  readonly #client: RedisClient & Scripts;
  readonly #connecting: Promise<void>;
  readonly #timeoutMs: number;
  #unanswered = 0;

  constructor(client: RedisClient, timeoutMs = COMMAND_TIMEOUT_MS) {
    // ioredis sends EVALSHA and, where the server does not know the script yet, EVAL.
    client.defineCommand('tollgateDecide', { numberOfKeys: 1, lua: DECIDE_SCRIPT });
    client.defineCommand('tollgateRecord', { numberOfKeys: 1, lua: RECORD_SCRIPT });
    this.#client = client as RedisClient & Scripts;
    this.#connecting = firstConnection(client);
    this.#timeoutMs = timeoutMs;
  }

  async decide(subject: string, { limit, windowMs }: RateLimitPolicy): Promise<Decision> {
    const key = `limit:{${digest(subject)}}:${limit}:${windowMs}`;
    const reply = await this.#ask((client) => client.tollgateDecide(key, limit, windowMs));
    const [allowed, remaining, resetMs] = numbers(reply, 3, 'decide');
    return { allowed: allowed === 1, limit, remaining: remaining ?? 0, resetMs: resetMs ?? 0 };
  }

  async record(circuit: string, failed: boolean, windowMs: number): Promise<OutcomeCounts> {
    const key = `outcomes:{${circuit}}`;
    const reply = await this.#ask((client) => client.tollgateRecord(key, failed ? 1 : 0, windowMs));
    const [total, failures] = numbers(reply, 2, 'record');
    return { total: total ?? 0, failures: failures ?? 0 };
  }

  async #ask(command: (client: Scripts) => Promise<unknown>): Promise<unknown> {
    await this.#connecting;
    const reply = await within(this.#timeoutMs, command(this.#client));
    if (reply !== NO_ANSWER) {
      this.#unanswered = 0;
      return reply;
    }
    this.#unanswered += 1;
    if (this.#unanswered >= SILENT_COMMANDS && this.#client.status === 'ready') {
      this.#unanswered = 0;
      this.#client.disconnect(true);
    }
    throw new Error(`redis gave no answer within ${this.#timeoutMs} ms`);
  }
}

/** A client's id may hold any bytes at any length; its key is short and has no meaning to Redis or its cluster. */
function digest(subject: string): string {
  return hash('sha256', subject, 'base64url').slice(0, 22);
}

const integers = array(integer);

function numbers(reply: unknown, length: number, script: string): readonly number[] {
  const values = integers(reply, script);
  if (values.length !== length) throw new DecodeError(script, `an array of ${length}`, reply);
  return values;
}
