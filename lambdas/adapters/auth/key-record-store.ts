import type { JWK } from 'jose';
import { integer, object, string } from '../../contract/decode.ts';
import { jwksPartition, TABLE } from '../../contract/table.ts';
import { describeError, writeLine } from '../log.ts';
import type { TableClient } from '../table/table-client.ts';
import { signingKeys } from './key-document.ts';

/** An issuer's keys as the issuer gave them at one time. */
export interface KeyRecord {
  readonly keys: readonly JWK[];
  /** Epoch milliseconds. */
  readonly fetchedAtMs: number;
  /** When an instance last asked the issuer for an unknown `kid`; 0: never. */
  readonly unknownKidAtMs: number;
}

/** An item is kept an hour longer than its keys may be used. */
const KEPT_MS = 13 * 3_600_000;
/** A record from further in the future was written with a wrong clock. A newer one may replace it. */
const FUTURE_MS = 5 * 60_000;

/** Holds when there is no record, an older one, or one from the future. */
const OLDER = 'NOT attribute_type(fetchedAtMs, :number) OR fetchedAtMs <= :fetchedAtMs OR fetchedAtMs > :future';

/** The issuers' keys in DynamoDB, which all instances of the authorizer share. */
export class KeyRecordStore {
  readonly #client: Pick<TableClient, 'get' | 'put'>;
  readonly #partition: string;

  constructor(client: Pick<TableClient, 'get' | 'put'>, gateway: string) {
    this.#client = client;
    this.#partition = jwksPartition(gateway);
  }

  /** @returns undefined also for an item that is no record, with a log line; a write replaces it. @throws TableCallFailed */
  async read(issuer: string): Promise<KeyRecord | undefined> {
    const item = await this.#client.get({ partition: this.#partition, sort: issuer });
    if (item === undefined) return undefined;
    try {
      return recordOf(item);
    } catch (error) {
      writeLine({ message: 'item skipped: it is no record of keys', issuer, error: describeError(error) });
      return undefined;
    }
  }

  /** Keeps a newer record that is there already. @throws TableCallFailed */
  async write(issuer: string, { keys, fetchedAtMs, unknownKidAtMs }: KeyRecord): Promise<void> {
    await this.#client.put(
      { partition: this.#partition, sort: issuer },
      {
        keys: { S: JSON.stringify({ keys }) },
        fetchedAtMs: number(fetchedAtMs),
        unknownKidAtMs: number(unknownKidAtMs),
        [TABLE.ttl]: number(Math.ceil((fetchedAtMs + KEPT_MS) / 1000)),
      },
      {
        expression: OLDER,
        values: {
          ':number': { S: 'N' },
          ':fetchedAtMs': number(fetchedAtMs),
          ':future': number(fetchedAtMs + FUTURE_MS),
        },
      },
    );
  }
}

/** @throws DecodeError */
function recordOf(item: unknown): KeyRecord {
  const { keys, fetchedAtMs, unknownKidAtMs } = attributes(item, 'item');
  return {
    keys: signingKeys(keys.S, 'item.keys'),
    fetchedAtMs: integer(Number(fetchedAtMs.N), 'item.fetchedAtMs'),
    unknownKidAtMs: integer(Number(unknownKidAtMs.N), 'item.unknownKidAtMs'),
  };
}

function number(value: number): { readonly N: string } {
  return { N: String(value) };
}

const attributes = object({
  keys: object({ S: string }),
  fetchedAtMs: object({ N: string }),
  unknownKidAtMs: object({ N: string }),
});
