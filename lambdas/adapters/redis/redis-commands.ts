import { NO_ANSWER, within } from '../within.ts';
import { firstConnection, type RedisClient } from './redis-connection.ts';

/** After this many commands in a row without an answer the connection is opened anew: its server may be gone. */
const SILENT_COMMANDS = 3;

/** How long a probe waits for a connection. No request waits for the probe. */
const CONNECTION_WAIT_MS = 5000;

/** How long the key that a probe writes is kept. */
const PROBE_KEPT_MS = 1000;

/** Sends commands to Redis over one connection, each with a deadline. */
export class RedisCommands {
  readonly client: RedisClient;
  readonly #connecting: Promise<unknown>;
  readonly #timeoutMs: number;
  #unanswered = 0;
  /** In a cluster, one server may be gone and the others not: the hash tag leads to the one that failed. */
  #failedTag = '';

  constructor(client: RedisClient, timeoutMs: number) {
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
   * Asks whether the server that failed last answers again. The probe writes: a server that became a replica, or has no
   * memory left, answers but cannot count. Without a connection it waits for one; ioredis reconnects after its own pauses.
   *
   * @throws when the server does not answer
   */
  async probe(): Promise<void> {
    const { client } = this;
    await connection(client, CONNECTION_WAIT_MS);
    const key = `${this.#failedTag}probe`;
    await this.ask(
      key,
      () => client.set(key, '', 'PX', PROBE_KEPT_MS),
      () => undefined,
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

/** @throws when there is none within `waitMs` */
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
