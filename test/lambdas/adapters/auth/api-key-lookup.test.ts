import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeApiKeyItem, itemKeyOf, KEY_ITEM } from '../../../../lambdas/adapters/auth/api-key-item.ts';
import { ApiKeyLookup } from '../../../../lambdas/adapters/auth/api-key-lookup.ts';
import { ApiKeyStore } from '../../../../lambdas/adapters/auth/api-key-store.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import { keyAttributes } from '../../../../lambdas/adapters/table/table-client.ts';
import type { ApiKey } from '../../../../lambdas/contract/auth/api-key.ts';
import { tableClient } from '../../../support/auth/authorizer.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { captureLines } from '../../../support/lines.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const KEY: ApiKey = {
  id: '4fzN9qXw2LbC',
  owner: 'Zoë',
  plan: 'pro',
  tenant: 'acme',
  scopes: ['orders:read'],
  roles: [],
  createdAtMs: NOW_MS,
  rotatedAtMs: NOW_MS,
  expiresAtMs: NOW_MS + 86_400_000,
  secrets: [{ hash: 'a'.repeat(43), untilMs: 0 }],
  revokedUntilMs: null,
  version: NOW_MS,
};

let table: TestTable;
let store: ApiKeyStore;
let lookup: ApiKeyLookup;
let captured: ReturnType<typeof captureLines>;
beforeEach(async () => {
  table = await startTable();
  store = new ApiKeyStore(sdkTable(table.client, table.name), 'shop');
  lookup = new ApiKeyLookup(tableClient(table, Date.now), 'shop');
  captured = captureLines();
});
afterEach(async () => {
  captured.restore();
  vi.useRealTimers();
  await table.stop();
});

describe('a key', () => {
  it('is found as an operator stored it, and as an operator changed it', async () => {
    await store.write(KEY, undefined);
    expect(await lookup.find(KEY.id)).toEqual({ key: KEY, lastUsedAtMs: 0 });
    const revoked = { ...KEY, revokedUntilMs: 0, version: KEY.version + 1 };
    await store.write(revoked, KEY);
    expect(await lookup.find(KEY.id)).toEqual({ key: revoked, lastUsedAtMs: 0 });
  });

  it('is none that nobody stored, or that is another gateway’s', async () => {
    await new ApiKeyStore(sdkTable(table.client, table.name), 'other').write(KEY, undefined);
    expect(await lookup.find(KEY.id)).toBeUndefined();
  });

  it('is read as it is now, not as it was a moment ago', async () => {
    const client = { get: vi.fn(async () => undefined), update: vi.fn() };
    await new ApiKeyLookup(client, 'shop').find(KEY.id);
    expect(client.get).toHaveBeenCalledWith({ partition: 'keys#shop', sort: KEY.id }, { consistent: true });
  });

  it('that somebody has spoilt is a fault, not an unknown one', async () => {
    const item = { ...keyAttributes(itemKeyOf('shop', KEY.id)), ...encodeApiKeyItem(KEY), [KEY_ITEM.key]: { S: '{}' } };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: item }));
    await expect(lookup.find(KEY.id)).rejects.toMatchObject({ code: 'decode_failed' });
  });

  it('is not called unknown when the table is gone', async () => {
    await table.stop();
    await expect(lookup.find(KEY.id)).rejects.toMatchObject({ code: 'table_call_failed' });
  });
});

describe('that a key was used', () => {
  it('is noted beside it, and stays through an operator’s change', async () => {
    await store.write(KEY, undefined);
    await lookup.used(KEY.id, NOW_MS + 5);
    expect(await lookup.find(KEY.id)).toEqual({ key: KEY, lastUsedAtMs: NOW_MS + 5 });
    const changed = { ...KEY, owner: 'Ada', version: KEY.version + 1 };
    expect(await store.write(changed, KEY)).toBe(true);
    expect(await lookup.find(KEY.id)).toEqual({ key: changed, lastUsedAtMs: NOW_MS + 5 });
  });

  it('does not bring back a key that was deleted meanwhile', async () => {
    await store.write(KEY, undefined);
    await table.client.send(
      new DeleteItemCommand({ TableName: table.name, Key: { ...keyAttributes(itemKeyOf('shop', KEY.id)) } }),
    );
    await lookup.used(KEY.id, NOW_MS);
    expect(await lookup.find(KEY.id)).toBeUndefined();
    expect(captured.lines).toEqual([]);
  });

  it('is not worth a request: without the table there is a log line', async () => {
    await table.stop();
    await lookup.used(KEY.id, NOW_MS);
    expect(captured.lines).toEqual([expect.objectContaining({ message: 'use of an API key not noted', key: KEY.id })]);
  });

  it('is waited for 200 ms', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const noted = new ApiKeyLookup({ get: vi.fn(), update: () => new Promise<never>(() => undefined) }, 'shop').used(
      KEY.id,
      NOW_MS,
    );
    vi.advanceTimersByTime(200);
    await noted;
    expect(captured.lines).toEqual([expect.objectContaining({ error: expect.stringContaining('within 200 ms') })]);
  });
});
