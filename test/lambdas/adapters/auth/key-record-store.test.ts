import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KeyRecord, KeyRecordStore } from '../../../../lambdas/adapters/auth/key-record-store.ts';
import { jwksPartition, TABLE } from '../../../../lambdas/contract/table.ts';
import { tableClient } from '../../../support/auth/authorizer.ts';
import { createKey, ISSUER, type TestKey } from '../../../support/auth/tokens.ts';
import { startTable, type TestTable } from '../../../support/aws/dynamodb.ts';
import { captureLines } from '../../../support/lines.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const KEY = { [TABLE.partitionKey]: { S: jwksPartition('shop') }, [TABLE.sortKey]: { S: ISSUER } };

let table: TestTable;
let store: KeyRecordStore;
let keys: readonly TestKey[];
beforeAll(async () => {
  keys = [await createKey('first'), await createKey('second', 'RS256')];
});
beforeEach(async () => {
  table = await startTable();
  store = new KeyRecordStore(tableClient(table, Date.now), 'shop');
});
afterEach(() => table.stop());

/** As it is read: without what says that the keys are for signatures. */
function recordAt(fetchedAtMs: number, unknownKidAtMs = 0): KeyRecord {
  return { keys: keys.map(({ jwk: { use, ...rest } }) => rest), fetchedAtMs, unknownKidAtMs };
}

async function item() {
  return (await table.client.send(new GetItemCommand({ TableName: table.name, Key: KEY }))).Item;
}

async function damage(attributes: Record<string, { S: string } | { N: string }>): Promise<void> {
  await store.write(ISSUER, recordAt(NOW_MS));
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...(await item()), ...attributes } }));
}

describe('a record', () => {
  it('is read as it was written, by its own gateway and issuer only', async () => {
    expect(await store.read(ISSUER)).toBeUndefined();
    await store.write(ISSUER, recordAt(NOW_MS, NOW_MS - 5));
    expect(await store.read(ISSUER)).toEqual(recordAt(NOW_MS, NOW_MS - 5));
    expect(await store.read(`${ISSUER}/`)).toBeUndefined();
    expect(await new KeyRecordStore(tableClient(table, Date.now), 'other').read(ISSUER)).toBeUndefined();
  });

  it('expires an hour after its keys may serve no more', async () => {
    await store.write(ISSUER, recordAt(NOW_MS + 1));
    expect((await item())?.[TABLE.ttl]).toEqual({ N: String(NOW_MS / 1000 + 13 * 3600 + 1) });
  });

  it('takes the place of an older one, and of none that is newer', async () => {
    await store.write(ISSUER, recordAt(NOW_MS));
    await store.write(ISSUER, recordAt(NOW_MS - 1));
    expect(await store.read(ISSUER)).toEqual(recordAt(NOW_MS));
    await store.write(ISSUER, recordAt(NOW_MS, NOW_MS));
    expect(await store.read(ISSUER)).toEqual(recordAt(NOW_MS, NOW_MS));
    await store.write(ISSUER, recordAt(NOW_MS + 1));
    expect(await store.read(ISSUER)).toEqual(recordAt(NOW_MS + 1));
  });

  it('takes the place of one that a wrong clock dated into the future', async () => {
    await store.write(ISSUER, recordAt(NOW_MS + 86_400_000));
    await store.write(ISSUER, recordAt(NOW_MS));
    expect(await store.read(ISSUER)).toEqual(recordAt(NOW_MS));
  });

  it.each<[string, Record<string, { S: string } | { N: string }>]>([
    ['no keys', { keys: { S: '' } }],
    ['keys of another form', { keys: { N: '1' } }],
    ['secrets for keys', { keys: { S: '{"keys":[{"kty":"oct","k":"AA"}]}' } }],
    ['a time that is a text', { fetchedAtMs: { S: 'yesterday' } }],
    ['a time that is no integer', { fetchedAtMs: { N: '1.5' } }],
    ['no time of unknown kids', { unknownKidAtMs: { S: '' } }],
  ])('with %s is as good as none, and a new one takes its place', async (_, attributes) => {
    const { lines, restore } = captureLines();
    await damage(attributes);
    expect(await store.read(ISSUER)).toBeUndefined();
    restore();
    expect(lines).toEqual([expect.objectContaining({ message: expect.stringContaining('no record'), issuer: ISSUER })]);
    await store.write(ISSUER, recordAt(NOW_MS + 1));
    expect(await store.read(ISSUER)).toEqual(recordAt(NOW_MS + 1));
  });

  it('keeps no private member that somebody wrote into the table', async () => {
    const [first] = keys as [TestKey];
    await damage({ keys: { S: JSON.stringify({ keys: [{ ...first.jwk, d: 'private', x5c: ['MII'] }] }) } });
    expect(JSON.stringify(await store.read(ISSUER))).not.toMatch(/private|MII/);
  });

  it('cannot be read or written without the table', async () => {
    await table.stop();
    await expect(store.read(ISSUER)).rejects.toMatchObject({ code: 'table_call_failed' });
    await expect(store.write(ISSUER, recordAt(NOW_MS))).rejects.toMatchObject({ code: 'table_call_failed' });
  });
});
