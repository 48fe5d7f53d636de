import { integer, object, string } from '../../contract/decode.ts';
import { REVOCATION_MARK_SORT_KEY, revocationsPartition } from '../../contract/table.ts';
import { describeError, writeLine } from '../log.ts';
import type { TableClient } from '../table/table-client.ts';
import { NO_ANSWER, within } from '../within.ts';

/** How often an instance reads the mark. */
export const MARK_LOOKED_AT_MS = 15_000;
/** How long a request waits for the mark. It may go on without, because the proxy function asks Redis as well. */
const MARK_WAIT_MS = 100;

/** A version that changes with every revocation. An instance that sees a new one forgets its verified credentials. */
export class RevocationMark {
  readonly #client: Pick<TableClient, 'get'>;
  readonly #gateway: string;
  readonly #clock: () => number;
  #lookedAtMs: number | undefined;
  /** Undefined until the first read. That read counts as a change, because remembered credentials may be older. */
  #version: number | undefined;

  constructor(options: {
    readonly client: Pick<TableClient, 'get'>;
    readonly gateway: string;
    /** Epoch milliseconds. */
    readonly clock: () => number;
  }) {
    this.#client = options.client;
    this.#gateway = options.gateway;
    this.#clock = options.clock;
  }

  /**
   * Whether something was revoked since the last call. It is false at once when the mark was read lately. The first call
   * does not read it either: a cold start has nothing to forget, and its request would wait. It never rejects: a mark
   * that cannot be read counts as unchanged.
   */
  changed(): boolean | Promise<boolean> {
    const nowMs = this.#clock();
    const lookedAtMs = this.#lookedAtMs ?? nowMs;
    this.#lookedAtMs ??= nowMs;
    if (Math.abs(nowMs - lookedAtMs) < MARK_LOOKED_AT_MS) return false;
    this.#lookedAtMs = nowMs;
    return this.#look();
  }

  async #look(): Promise<boolean> {
    try {
      const version = await within(MARK_WAIT_MS, this.#read());
      if (version === NO_ANSWER) throw new Error(`no answer within ${MARK_WAIT_MS} ms`);
      const hasChanged = version !== this.#version;
      this.#version = version;
      return hasChanged;
    } catch (error) {
      writeLine({ message: 'mark of revocations not read', error: describeError(error) });
      return false;
    }
  }

  /** 0 if nothing was ever revoked. */
  async #read(): Promise<number> {
    const key = { partition: revocationsPartition(this.#gateway), sort: REVOCATION_MARK_SORT_KEY };
    const item = await this.#client.get(key);
    return item === undefined ? 0 : integer(Number(mark(item, 'mark').version.N), 'mark.version');
  }
}

const mark = object({ version: object({ N: string }) });
