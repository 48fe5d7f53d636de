import { DecodeError } from '../../contract/decode.ts';
import { NO_ANSWER, within } from '../within.ts';
import { firstConnection, type RedisClient } from './redis-connection.ts';

/** After this many commands in a row without an answer the connection is opened again: its server may be gone. */
const SILENT_COMMANDS = 3;

/** How long a probe waits for a connection. No request waits for the probe. */
const CONNECTION_WAIT_MS = 5000;

/**
 * Writes and reads a key that ends after a second: a server that became a replica, or has no memory left, answers but cannot
 * count.
 */
const PROBE_SCRIPT = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000)
return redis.call('GET', KEYS[1])
`;

type Scripts = { tollgateProbe(key: string, value: number): Promise<unknown> };

/** Sends commands to Redis over one connection, each with a deadline. */
export class RedisCommands {
  readonly client: RedisClient;
  readonly #connecting: Promise<unknown>;
  readonly #timeoutMs: number;
  #unanswered = 0;
  #probes = 0;
  /** In a cluster, one server may be gone and the others not: the hash tag leads to the one that failed. */
  #failedTag = '';

  constructor(client: RedisClient, timeoutMs: number) {
    client.defineCommand('tollgateProbe', { numberOfKeys: 1, lua: PROBE_SCRIPT });
    this.client = client;
    this.#connecting = firstConnection(client);
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param decode a reply that it cannot read counts as a failure
   * @param onLate is called with a reply that comes after the deadline
   * @throws when Redis refuses, or does not answer in time
   */
  async ask<T>(
    key: string,
    command: () => Promise<unknown>,
    decode: (reply: unknown) => T,
    onLate: (late: T) => void = () => undefined,
  ): Promise<T> {
    await this.#connecting;
    try {
      return await this.#inTime(command().then(decode), onLate);
    } catch (error) {
      this.#failedTag = /^.*\}/.exec(key)?.[0] ?? '';
      throw error;
    }
  }

  /**
   * Asks whether the server that failed last counts again. Without a connection it waits for one; ioredis reconnects after
   * its own pauses.
   *
   * @throws when the server does not answer
   */
  async probe(): Promise<void> {
    const isConnected = this.client.status === 'ready' || (await firstConnection(this.client, CONNECTION_WAIT_MS));
    if (!isConnected) throw new Error(`no connection to redis within ${CONNECTION_WAIT_MS} ms`);
    const key = `${this.#failedTag}probe`;
    this.#probes += 1;
    const value = this.#probes;
    await this.ask(
      key,
      () => (this.client as RedisClient & Scripts).tollgateProbe(key, value),
      (reply) => {
        // A server that is not Redis may answer anything, and always the same.
        if (reply !== String(value)) throw new DecodeError('probe', `"${value}"`, reply);
      },
    );
  }

  async #inTime<T>(answer: Promise<T>, onLate: (late: T) => void): Promise<T> {
    const reply = await within(this.#timeoutMs, answer);
    if (reply !== NO_ANSWER) {
      this.#unanswered = 0;
      return reply;
    }
    answer.then(onLate, () => undefined);
    this.#unanswered += 1;
    if (this.#unanswered >= SILENT_COMMANDS && this.client.status === 'ready') {
      this.#unanswered = 0;
      this.client.disconnect(true);
    }
    throw new Error(`redis gave no answer within ${this.#timeoutMs} ms`);
  }
}
