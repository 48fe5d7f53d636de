import { REVOCATION_MARK_SORT_KEY, revocationsPartition } from '../../contract/table.ts';
import type { TableClient } from '../table/table-client.ts';

const names = { '#version': 'version' };

/** Changes the mark in the table, so that the authorizer's instances forget the credentials that they remember. */
export class RevocationMarker {
  readonly #client: TableClient;
  readonly #gateway: string;

  constructor(client: TableClient, gateway: string) {
    this.#client = client;
    this.#gateway = gateway;
  }

  /** @throws when DynamoDB does not answer, or the mark was not written */
  async mark(nowMs: number): Promise<void> {
    const key = { partition: revocationsPartition(this.#gateway), sort: REVOCATION_MARK_SORT_KEY };
    const newer = await this.#client.update(key, 'SET #version = :now', {
      expression: '#version < :now OR attribute_not_exists(#version)',
      names,
      values: { ':now': { N: String(nowMs) } },
    });
    if (newer) return;
    // The version must change even when the clock went back.
    const next = await this.#client.update(key, 'SET #version = #version + :one', {
      expression: 'attribute_exists(#version)',
      names,
      values: { ':one': { N: '1' } },
    });
    if (!next) throw new Error('the mark was not written: its item was removed meanwhile');
  }
}
