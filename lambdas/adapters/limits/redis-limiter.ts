import { array, DecodeError, integer } from '../../contract/decode.ts';
import { type LimitPolicy, sizeOf } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { NO_OUTCOMES, type OutcomeCounts, type OutcomeReport } from '../../core/circuit/outcome.ts';
import { FREE_RETRIES } from '../../core/circuit/retry-budget.ts';
import type { Decision } from '../../core/limits/decision.ts';
import type { CountedLimit, LimitRequest, Ruling } from '../../core/limits/limiter.ts';
import { END_SCRIPT, RECORD_SCRIPT, RETRY_SCRIPT } from '../circuit/outcome-scripts.ts';
import { firstConnection, type RedisClient } from '../redis/redis-connection.ts';
import { NO_ANSWER, within } from '../within.ts';
import type { Counters } from './counters.ts';
import { DECIDE_SCRIPT } from './decide-script.ts';
import { type RequestKeys, requestKeys } from './limit-keys.ts';
import type { OperatorRules } from './operator-rules.ts';

/** So many commands in a row without an answer, and the connection is opened anew: it may lead to a server that is gone. */
const SILENT_COMMANDS = 3;

/** A probe waits so long for a connection; nobody waits for the probe. */
const CONNECTION_WAIT_MS = 5000;

type Argument = string | number;
type Scripts = {
  tollgateDecide(keys: number, ...keysAndArguments: Argument[]): Promise<unknown>;
  tollgateRecord(key: string, windowMs: number, ...counts: number[]): Promise<unknown>;
  tollgateEnd(key: string, windowMs: number, version: number): Promise<unknown>;
  tollgateRetry(key: string, windowMs: number, share: number, free: number): Promise<unknown>;
};
type Client = RedisClient & Scripts;

export interface RedisCountersOptions {
  readonly client: RedisClient;
  readonly policy: ServicePolicy;
  /** Asked where Redis has lost its copy of the operators' rules. */
  readonly rules: OperatorRules;
  /** @default - the policy's */
  readonly timeoutMs?: number;
}

/** Counts in Redis, so that all instances of all functions count together; one round trip a call. */
export class RedisCounters implements Counters {
  readonly #client: Client;
  readonly #connecting: Promise<unknown>;
  readonly #service: string;
  readonly #keysOf: RequestKeys;
  readonly #rules: OperatorRules;
  readonly #timeoutMs: number;
  #unanswered = 0;
  #rulesUnknown = false;
  /** Of a cluster, one server may be gone and the others not: the hash tag leads to the one that failed. */
  #failedTag = '';

  constructor({ client, policy, rules, timeoutMs = policy.cacheTimeoutMs }: RedisCountersOptions) {
    // ioredis sends EVALSHA and, where the server does not know the script yet, EVAL.
    client.defineCommand('tollgateDecide', { lua: DECIDE_SCRIPT });
    client.defineCommand('tollgateRecord', { numberOfKeys: 1, lua: RECORD_SCRIPT });
    client.defineCommand('tollgateEnd', { numberOfKeys: 1, lua: END_SCRIPT });
    client.defineCommand('tollgateRetry', { numberOfKeys: 1, lua: RETRY_SCRIPT });
    this.#client = client as Client;
    this.#connecting = firstConnection(client);
    this.#service = policy.service;
    this.#keysOf = requestKeys(policy);
    this.#rules = rules;
    this.#timeoutMs = timeoutMs;
  }

  async decide(request: LimitRequest): Promise<Ruling> {
    const keys = this.#keysOf(request);
    const args = decideArguments(request, this.#service);
    const { outcome, rules, decisions } = await this.#ask(
      keys[0],
      (client) => client.tollgateDecide(keys.length, ...keys, ...args),
      (reply) => decodeDecide(reply, request),
      // Nobody waits for it any more, and nobody else would give back what it took.
      (late) => void (late.outcome === 'allowed' && this.release(request).catch(() => undefined)),
    );
    // A copy that was there and is not: what this instance read from the table before may be older than it was.
    if (rules.unknown && !this.#rulesUnknown) this.#rules.doubt();
    this.#rulesUnknown = rules.unknown;
    if (rules.rebuild) this.#rules.rebuild();
    if (outcome === 'revoked') return REVOKED;
    if (!rules.unknown || !(await this.#rules.isRevoked(request.identity))) return { outcome, decisions };
    if (outcome === 'allowed') await this.release(request);
    return REVOKED;
  }

  async release(request: LimitRequest): Promise<void> {
    if (!request.limits.some(holdsLease)) return;
    const [, ...keys] = this.#keysOf(request);
    const leases = keys.filter((_, index) => holdsLease(request.limits[index]));
    await Promise.all(leases.map((key) => this.#ask(key, (client) => client.zrem(key, request.lease), decodeRelease)));
  }

  settled(): Promise<void> | undefined {
    return this.#rules.settled();
  }

  record(period: string, outcomes: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    return this.#count(periodKey(period), outcomes, windowMs);
  }

  /** Forgotten a window after the last outcome: who records one later counts by himself. */
  async endPeriod(period: string, version: number, windowMs: number): Promise<void> {
    const key = periodKey(period);
    await this.#ask(
      key,
      (client) => client.tollgateEnd(key, windowMs, version),
      (reply) => integer(reply, 'end'),
    );
  }

  takeRetry(period: string, budgetShare: number, windowMs: number): Promise<boolean> {
    const key = periodKey(period);
    const take = (client: Client) => client.tollgateRetry(key, windowMs, budgetShare, FREE_RETRIES);
    return this.#ask(key, take, (reply) => integer(reply, 'retry') === 1);
  }

  /**
   * Whether the server that failed last answers again. It is asked to write: one that was demoted, or has no memory
   * left, answers but does not count. Without a connection it waits for one, which has pauses of its own.
   *
   * @throws when it does not
   */
  async probe(): Promise<void> {
    await connection(this.#client, CONNECTION_WAIT_MS);
    await this.#count(`${this.#failedTag}probe`, { ...NO_OUTCOMES, total: 1 }, 1000);
  }

  #count(key: string, { total, failures, slow }: OutcomeCounts, windowMs: number): Promise<OutcomeReport> {
    return this.#ask(key, (client) => client.tollgateRecord(key, windowMs, total, failures, slow), decodeRecord);
  }

  /** A reply that cannot be read is no answer either. @param onLate is told of one that comes after the deadline */
  async #ask<T>(
    key: string,
    command: (client: Client) => Promise<unknown>,
    decode: (reply: unknown) => T,
    onLate: (late: T) => void = () => undefined,
  ): Promise<T> {
    await this.#connecting;
    try {
      const reply = command(this.#client).then(decode);
      return await this.#inTime(reply, onLate);
    } catch (error) {
      this.#failedTag = /^.*\}/.exec(key)?.[0] ?? '';
      throw error;
    }
  }

  async #inTime<T>(answer: Promise<T>, onLate: (late: T) => void): Promise<T> {
    const reply = await within(this.#timeoutMs, answer);
    if (reply !== NO_ANSWER) {
      this.#unanswered = 0;
      return reply;
    }
    answer.then(onLate, () => undefined);
    this.#unanswered += 1;
    if (this.#unanswered >= SILENT_COMMANDS && this.#client.status === 'ready') {
      this.#unanswered = 0;
      this.#client.disconnect(true);
    }
    throw new Error(`redis gave no answer within ${this.#timeoutMs} ms`);
  }
}

/** @throws when there is none after so long */
function connection(client: RedisClient, waitMs: number): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const ready = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      client.off('ready', ready);
      reject(new Error(`no connection to redis within ${waitMs} ms`));
    }, waitMs);
    client.once('ready', ready);
  });
}

function holdsLease(limit: CountedLimit | undefined): boolean {
  return limit?.policy.kind === 'concurrency';
}

const REVOKED: Ruling = { outcome: 'revoked', decisions: [] };

/** See `DECIDE_SCRIPT` for their order. */
function decideArguments({ limits, identity, cost, lease }: LimitRequest, service: string): Argument[] {
  const { token, client, tenant, plan, ip } = identity;
  const args: Argument[] = [cost, lease, service];
  for (const { policy } of limits) args.push(policy.kind, markOf(policy), sizeOf(policy), spanOrRate(policy));
  args.push(token, client, tenant, plan, ip);
  return args;
}

/** Whose rules may change the limit, in capitals where it is on trial, and then its name. */
function markOf({ by, shadow, name }: LimitPolicy): string {
  const letter = BY_LETTER[by];
  return `${shadow ? letter.toUpperCase() : letter}${name}`;
}

const BY_LETTER = { client: 'c', tenant: 't', ip: 'i', total: 'a' } as const;

/** The millisecond in which a request came counts as well: see `SlidingWindow`. */
const OWN_MS = 1;

function spanOrRate(policy: LimitPolicy): number {
  switch (policy.kind) {
    case 'window':
      return policy.windowMs + OWN_MS;
    case 'bucket':
      return policy.ratePerS;
    case 'concurrency':
      return policy.leaseMs;
  }
}

interface Decided {
  readonly outcome: Ruling['outcome'];
  readonly rules: { readonly rebuild: boolean; readonly unknown: boolean };
  readonly decisions: readonly Decision[];
}

const OUTCOMES = { 1: 'allowed', 0: 'refused', [-1]: 'revoked' } as const;

function decodeDecide(reply: unknown, { limits }: LimitRequest): Decided {
  const numbers = integers(reply, 'decide');
  const [status, rules = 0] = numbers;
  const outcome = OUTCOMES[status as keyof typeof OUTCOMES];
  if (outcome === undefined) throw new DecodeError('decide[0]', 'one of 1, 0, -1', status);
  checkLength(numbers, outcome === 'revoked' ? 2 : 2 + 4 * limits.length, 'decide');
  return {
    outcome,
    rules: { rebuild: (rules & 1) === 1, unknown: (rules & 2) === 2 },
    decisions:
      outcome === 'revoked' ? [] : limits.map(({ policy }, index) => decisionAt(numbers, 2 + 4 * index, policy)),
  };
}

function decisionAt(numbers: readonly number[], at: number, policy: LimitPolicy): Decision {
  const [allowed, limit = 0, remaining = 0, resetMs = 0] = numbers.slice(at, at + 4);
  return { policy, allowed: allowed === 1, limit, remaining, resetMs, counted: 'together' };
}

/** Names of gateways and services have no brace that could close the hash tag. */
function periodKey(period: string): string {
  return `outcomes:{${period}}`;
}

/** Requests in a tenth of a window, of all instances, from which on a few that are held back change no share. */
const STEADY = 50;

function decodeRecord(reply: unknown): OutcomeReport {
  const numbers = integers(reply, 'record');
  checkLength(numbers, 5, 'record');
  const [total = 0, failures = 0, slow = 0, endedBy = 0, last = 0] = numbers;
  return { total, failures, slow, endedBy, isSteady: last >= STEADY };
}

function decodeRelease(reply: unknown): void {
  integer(reply, 'release');
}

const integers = array(integer);

function checkLength(values: readonly number[], length: number, script: string): void {
  if (values.length !== length) throw new DecodeError(script, `an array of ${length}`, values);
}
