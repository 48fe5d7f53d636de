import { array, DecodeError, integer } from '../../contract/decode.ts';
import type { OutcomeCounts, OutcomeReport } from '../../core/circuit/outcome.ts';
import type { OutcomeCounter } from '../../core/circuit/outcome-counter.ts';
import { FREE_RETRIES, type RetryBudget } from '../../core/circuit/retry-budget.ts';
import type { RedisCommands } from '../redis/redis-commands.ts';
import type { RedisClient } from '../redis/redis-connection.ts';
import { END_SCRIPT, RECORD_SCRIPT, RETRY_SCRIPT } from './outcome-scripts.ts';

/** From this many requests in a tenth of a window, of all instances, a few that are held back change no share. */
const STEADY = 50;

type Scripts = {
  tollgateRecord(key: string, windowMs: number, ...counts: number[]): Promise<unknown>;
  tollgateEnd(key: string, windowMs: number, version: number): Promise<unknown>;
  tollgateRetry(key: string, windowMs: number, share: number, free: number): Promise<unknown>;
};

/** Counts outcomes and retries in Redis, for all instances together; one round trip a call. */
export class RedisOutcomes implements OutcomeCounter, RetryBudget {
  readonly #redis: RedisCommands;
  readonly #scripts: Scripts;

  constructor(redis: RedisCommands) {
    const { client } = redis;
    client.defineCommand('tollgateRecord', { numberOfKeys: 1, lua: RECORD_SCRIPT });
    client.defineCommand('tollgateEnd', { numberOfKeys: 1, lua: END_SCRIPT });
    client.defineCommand('tollgateRetry', { numberOfKeys: 1, lua: RETRY_SCRIPT });
    this.#redis = redis;
    this.#scripts = client as RedisClient & Scripts;
  }

  record(period: string, { total, failures, slow }: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    const key = keyOf(period);
    const record = () => this.#scripts.tollgateRecord(key, windowMs, total, failures, slow);
    return this.#redis.ask(key, record, decodeRecord);
  }

  /** Redis forgets it a window after the last outcome: an instance that records one later counts by itself. */
  async endPeriod(period: string, version: number, windowMs: number): Promise<void> {
    const key = keyOf(period);
    const end = () => this.#scripts.tollgateEnd(key, windowMs, version);
    await this.#redis.ask(key, end, (reply) => integer(reply, 'end'));
  }

  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    const key = keyOf(period);
    const take = () => this.#scripts.tollgateRetry(key, windowMs, budgetShare, FREE_RETRIES);
    return this.#redis.ask(key, take, (reply) => integer(reply, 'retry') === 1);
  }
}

/** Names of gateways and services have no brace that could close the hash tag. */
function keyOf(period: string): string {
  return `outcomes:{${period}}`;
}

const integers = array(integer);

function decodeRecord(reply: unknown): OutcomeReport {
  const numbers = integers(reply, 'record');
  if (numbers.length !== 5) throw new DecodeError('record', 'an array of 5', numbers);
  const [total = 0, failures = 0, slow = 0, endedBy = 0, last = 0] = numbers;
  return { total, failures, slow, endedBy, isSteady: last >= STEADY };
}
