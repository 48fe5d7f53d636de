import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEY_ITEM } from '../../../../lambdas/adapters/auth/api-key-item.ts';
import { ApiKeyStore } from '../../../../lambdas/adapters/auth/api-key-store.ts';
import { sdkTable } from '../../../../lambdas/adapters/table/dynamodb.ts';
import type { ApiKey } from '../../../../lambdas/contract/auth/api-key.ts';
import { keysPartition, TABLE } from '../../../../lambdas/contract/table.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { faultyClient } from '../../../support/aws/faulty-dynamodb.ts';
import { captureLines } from '../../../support/lines.ts';

const NOW_MS = Date.UTC(2026, 10, 24);
const DAY_MS = 86_400_000;
const KEY: ApiKey = {
  id: '4fzN9qXw2LbC',
  owner: 'Zoë „billing“',
  plan: 'pro',
  tenant: 'acme',
  scopes: ['orders:read'],
  roles: ['admin'],
  createdAtMs: NOW_MS,
  rotatedAtMs: NOW_MS,
  expiresAtMs: NOW_MS + DAY_MS,
  secrets: [
    { hash: 'a'.repeat(43), untilMs: 0 },
    { hash: 'b'.repeat(43), untilMs: NOW_MS + 1000 },
  ],
  revokedUntilMs: null,
  version: NOW_MS,
};
const CHANGED: ApiKey = { ...KEY, revokedUntilMs: 0, version: KEY.version + 1 };

let table: TestTable;
let count = 0;
let gateway = '';
let store: ApiKeyStore;
let output: ReturnType<typeof captureLines>;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(() => {
  count += 1;
  gateway = `gateway-${count}`;
  store = new ApiKeyStore(sdkTable(table.client, table.name), gateway);
  output = captureLines();
});
afterEach(() => output.restore());

/** The store, where some commands end in another way. */
function failing(fault: ReturnType<typeof faultyClient>['fault']): ApiKeyStore {
  const faulty = faultyClient(table);
  faulty.fault = fault;
  return new ApiKeyStore(sdkTable(faulty.client, table.name), gateway);
}

const keyOf = (sort: string) => ({ pk: { S: keysPartition(gateway) }, sk: { S: sort } });

/** Puts an item as a person with a console would. */
async function edit(sort: string, attributes: Record<string, AttributeValue>): Promise<void> {
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...keyOf(sort), ...attributes } }));
}

async function item(): Promise<Record<string, AttributeValue> | undefined> {
  const command = new GetItemCommand({ TableName: table.name, Key: keyOf(KEY.id), ConsistentRead: true });
  return (await table.client.send(command)).Item;
}

describe('a key', () => {
  it('is read and listed as it was written, by its own gateway', async () => {
    expect(await store.write(KEY, undefined)).toBe(true);
    expect(await store.read(KEY.id)).toEqual({ key: KEY, lastUsedAtMs: 0 });
    expect(await store.page(null)).toEqual({ keys: [{ key: KEY, lastUsedAtMs: 0 }], next: undefined });
    const other = new ApiKeyStore(sdkTable(table.client, table.name), `${gateway}-other`);
    expect([await other.read(KEY.id), await other.page(null)]).toEqual([undefined, { keys: [], next: undefined }]);
  });

  it('is deleted by the table thirty days after its end, which a change may move', async () => {
    await store.write(KEY, undefined);
    expect((await item())?.[TABLE.ttl]).toEqual({ N: String((KEY.expiresAtMs + 30 * DAY_MS) / 1000) });
    await store.write({ ...CHANGED, expiresAtMs: KEY.expiresAtMs + 1 }, KEY);
    expect((await item())?.[TABLE.ttl]).toEqual({ N: String((KEY.expiresAtMs + 30 * DAY_MS) / 1000 + 1) });
  });

  it('that is changed keeps when it was last used', async () => {
    await store.write(KEY, undefined);
    await edit(KEY.id, { ...(await item()), [KEY_ITEM.lastUsed]: { N: String(NOW_MS) } });
    expect(await store.write(CHANGED, KEY)).toBe(true);
    expect(await store.read(KEY.id)).toEqual({ key: CHANGED, lastUsedAtMs: NOW_MS });
  });

  it.each([
    ['there is one already', KEY, undefined],
    ['another one has changed it', { ...CHANGED, version: NOW_MS + 9 }, { ...KEY, version: NOW_MS - 1 }],
  ])('is not written where %s', async (_, next, previous) => {
    const standing = { ...KEY, owner: 'who was first' };
    await store.write(standing, undefined);
    expect(await store.write(next, previous)).toBe(false);
    expect(await store.read(KEY.id)).toMatchObject({ key: standing });
  });

  it('that is gone meanwhile does not come back', async () => {
    expect(await store.write(CHANGED, KEY)).toBe(false);
    expect(await store.read(KEY.id)).toBeUndefined();
  });

  it('by one of many writers at once is changed once', async () => {
    await store.write(KEY, undefined);
    const changes = Array.from({ length: 8 }, (_, index) => ({ ...CHANGED, owner: `writer ${index}` }));
    const written = await Promise.all(changes.map((change) => store.write(change, KEY)));
    expect(written.filter(Boolean)).toHaveLength(1);
    expect((await store.read(KEY.id))?.key).toEqual(changes[written.indexOf(true)]);
  });

  it('was written although the answer was lost and the write came twice', async () => {
    await store.write(KEY, undefined);
    expect(await store.write(KEY, undefined)).toBe(true);
    await expect(failing(() => 'answer lost').write(CHANGED, KEY)).rejects.toMatchObject({ code: 'table_unavailable' });
    expect(await store.write(CHANGED, KEY)).toBe(true);
  });
});

describe('keys', () => {
  it('are listed page by page', async () => {
    const ids = Array.from({ length: 5 }, (_, index) => `key00000000${index}`);
    // A page has at most 1 MB.
    for (const id of ids) await store.write({ ...KEY, id, owner: 'o'.repeat(300_000) }, undefined);
    const pages = [await store.page(null)];
    for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) pages.push(await store.page(next));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flatMap(({ keys }) => keys.map(({ key }) => key.id))).toEqual(ids);
  });

  it('are listed without what people have spoilt, which the log tells; it is an error to ask for that itself', async () => {
    await store.write(KEY, undefined);
    await edit('spoilt', { [KEY_ITEM.key]: { S: JSON.stringify({ ...KEY, secrets: 'none' }) }, version: { N: '1' } });
    expect((await store.page(null)).keys.map(({ key }) => key.id)).toEqual([KEY.id]);
    expect(output.lines).toEqual([
      {
        message: 'item skipped: it is no key',
        id: 'spoilt',
        error: 'DecodeError: key.secrets must be an array, got "none"',
      },
    ]);
    await expect(store.read('spoilt')).rejects.toMatchObject({ code: 'decode_failed' });
  });
});

it('a table that does not answer is told as such', async () => {
  const store = failing(() => 'fails');
  for (const call of [store.read(KEY.id), store.write(KEY, undefined), store.page(null)]) {
    await expect(call).rejects.toMatchObject({
      code: 'table_unavailable',
      message: 'the table does not answer (Error: the table is gone)',
    });
  }
});
